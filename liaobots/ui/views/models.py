"""The page of all models: a search, the models grouped by maker, and a chart of their speed."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import streamlit as st

from liaobots.client.catalog import ModelInfo
from liaobots.locale import _
from liaobots.storage.records import ModelSpeed
from liaobots.ui import actions, icons, labels, markdown, notice
from liaobots.ui.state import available_models, preferences
from liaobots.ui.state.session import Session

QUERY_KEY = "models"
# Chosen to keep the page short; the other models are found by searching.
MAX_SHOWN = 40
# A colour that is readable on a light and on a dark background.
GREY = "#7a828e"


def show(session: Session) -> None:
    """Draw the search field, the models that match it, and the chart of their speed."""
    st.title(_("Models"), anchor=False)
    notice.show(session)
    query = st.text_input(
        _("Search models"), key=QUERY_KEY, type="search", live=True, icon=icons.SEARCH
    )
    models = available_models.available(session).models
    speeds = available_models.speeds(session, max_age=1)
    found = [
        name for name in available_models.names(session) if _matches(models[name], query or "")
    ]
    if not found:
        st.caption(_("No model matches all of these words."))
    favourites = preferences.favourites(session)
    for heading, group in _groups(found[:MAX_SHOWN], models, favourites):
        st.subheader(heading, anchor=False)
        for name in group:
            _show_model(models[name], speeds.get(name), is_favourite=name in favourites)
    if len(found) > MAX_SHOWN:
        st.caption(
            _(
                "{count} of {all} models are shown. Search to find the others.",
                count=MAX_SHOWN,
                all=len(found),
            )
        )
    _show_speed_chart(list(speeds.values()))


def _matches(facts: ModelInfo, query: str) -> bool:
    text = f"{facts['id']} {facts['name']} {facts['provider']}".casefold()
    return all(word in text for word in query.casefold().split())


def _groups(
    found: Sequence[str], models: Mapping[str, ModelInfo], favourites: Sequence[str]
) -> Iterator[tuple[str, Sequence[str]]]:
    """Yield each heading with its models: the favourites first, then each maker's."""

    def heading(name: str) -> str:
        maker = markdown.escape_line(models[name]["provider"])
        return _("Favourites") if name in favourites else maker or _("Others")

    for title, group in groupby(found, heading):
        yield title, list(group)


def _show_model(facts: ModelInfo, speed: ModelSpeed | None, *, is_favourite: bool) -> None:
    name = facts["id"]
    with st.container(border=True, horizontal=True, vertical_alignment="center", gap="small"):
        with st.container(width="stretch", gap="xsmall"):
            st.markdown(f"**{markdown.escape_line(facts['name'])}**")
            st.caption(markdown.escape_line(labels.model_facts(facts, speed)))
        st.button(
            _("Remove from favourites") if is_favourite else _("Add to favourites"),
            icon=icons.NOT_FAVOURITE if is_favourite else icons.FAVOURITE,
            key=f"{'unstar' if is_favourite else 'star'}-{name}",
            type="tertiary",
            on_click=actions.settings.turn_favourite,
            args=(name,),
        )
        st.button(
            _("New chat"), key=f"use-{name}", on_click=actions.chat.begin_with_model, args=(name,)
        )


def _show_speed_chart(speeds: Sequence[ModelSpeed]) -> None:
    """Draw the speed of the models in the visitor's own answers as one chart."""
    st.subheader(_("Speed"), anchor=False)
    measured = [each for each in speeds if each.wait is not None and each.rate is not None]
    if not measured:
        st.caption(_("Your own answers will show here how fast each model is."))
        return
    st.caption(
        _(
            "Medians of your own answers of the last 90 days: models further left begin "
            "sooner, models further up write faster."
        )
    )
    columns = {
        "model": [markdown.reveal_hidden(each.model) for each in measured],
        "wait": [round(each.wait or 0, 2) for each in measured],
        "rate": [round(each.rate or 0) for each in measured],
    }
    st.vega_lite_chart(columns, _chart_spec())


def _chart_spec() -> dict[str, Any]:
    """Return the Vega-Lite specification: a named point for each model, without zooming."""
    axes = {
        "x": ("wait", _("Seconds to the first text")),
        "y": ("rate", _("Characters per second")),
    }
    position = {
        axis: {"field": field, "type": "quantitative", "title": title}
        for axis, (field, title) in axes.items()
    }
    name = {"field": "model", "type": "nominal", "title": _("Model")}
    return {
        "encoding": position,
        "height": 320,
        "layer": [
            {
                "mark": {"type": "point", "filled": True, "size": 120},
                "encoding": {
                    "color": name | {"legend": None},
                    "tooltip": [name, *position.values()],
                },
            },
            {
                "mark": {"type": "text", "dy": 16, "color": GREY, "fontSize": 13},
                "encoding": {"text": {"field": "model", "type": "nominal"}},
            },
        ],
    }
