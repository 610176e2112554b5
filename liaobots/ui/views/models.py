"""The page with all models: found by words, grouped by maker, favourites first, with their pace."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import streamlit as st

from liaobots.client.catalog import ModelInfo
from liaobots.storage.records import ModelSpeed
from liaobots.ui import markdown, texts
from liaobots.ui.state import available_models, preferences

WISH = "models"
# So many are shown; more come by searching.
SHOWN = 40
# A colour that can be read on a light ground and on a dark one.
GREY = "#7a828e"


def show() -> None:
    """Draws the field, the models that have its words, and the speed board."""
    st.title(texts.MODELS, anchor=False)
    wish = st.text_input(
        texts.MODELS_LABEL, key=WISH, type="search", live=True, icon=texts.SEARCH_ICON
    )
    models, paces = available_models.available().models, available_models.paces_of_late(at_most=1)
    found = [name for name in available_models.names() if _has_words(models[name], wish or "")]
    if not found:
        st.caption(texts.NO_MODEL_FOUND)
    for head, group in _groups(found[:SHOWN], models):
        st.subheader(head, anchor=False)
        for name in group:
            _show_model(models[name], paces.get(name))
    if len(found) > SHOWN:
        st.caption(texts.MORE_MODELS.format(count=SHOWN, all=len(found)))
    _show_board(list(paces.values()))


def _has_words(facts: ModelInfo, wish: str) -> bool:
    text = f"{facts['id']} {facts['name']} {facts['provider']}".casefold()
    return all(word in text for word in wish.casefold().split())


def _groups(
    found: Sequence[str], models: Mapping[str, ModelInfo]
) -> Iterator[tuple[str, Sequence[str]]]:
    """Gives the models below their heads: the favourites, then each maker's."""
    first = preferences.favourites()

    def head(name: str) -> str:
        maker = markdown.escape_line(models[name]["provider"])
        return texts.FAVOURITES if name in first else maker or texts.OTHER_MAKERS

    for words, group in groupby(found, head):
        yield words, list(group)


def _show_model(facts: ModelInfo, pace: ModelSpeed | None) -> None:
    name, is_first = facts["id"], facts["id"] in preferences.favourites()
    with st.container(border=True, horizontal=True, vertical_alignment="center", gap="small"):
        with st.container(width="stretch", gap="xsmall"):
            st.markdown(f"**{markdown.escape_line(facts['name'])}**")
            st.caption(markdown.escape_line(texts.model_facts(facts, pace)))
        st.button(
            texts.NO_FAVOURITE if is_first else texts.FAVOURITE,
            icon=texts.NO_FAVOURITE_ICON if is_first else texts.FAVOURITE_ICON,
            key=f"{'unstar' if is_first else 'star'}-{name}",
            type="tertiary",
            on_click=preferences.turn_favourite,
            args=(name,),
        )
        st.button(texts.USE, key=f"use-{name}", on_click=_use, args=(name,))


def _use(name: str) -> None:
    """Begins a chat with a model."""
    st.session_state[available_models.CHAT] = ""
    st.session_state[available_models.MODEL] = name
    st.session_state["goto"] = ""


def _show_board(paces: Sequence[ModelSpeed]) -> None:
    """Draws the visitor's own figures as one chart."""
    st.subheader(texts.SPEED, anchor=False)
    known = [pace for pace in paces if pace.wait is not None and pace.rate is not None]
    if not known:
        st.caption(texts.NO_SPEED)
        return
    st.caption(texts.SPEED_HINT)
    columns = {
        "model": [markdown.reveal_hidden(pace.model) for pace in known],
        "wait": [round(pace.wait or 0, 2) for pace in known],
        "rate": [round(pace.rate or 0) for pace in known],
    }
    st.vega_lite_chart(columns, _spec())


def _spec() -> dict[str, Any]:
    """Gives how the chart is drawn: a point with its name for each model, and no zooming."""
    axes = {"x": ("wait", texts.SPEED_WAIT), "y": ("rate", texts.SPEED_RATE)}
    place = {
        axis: {"field": field, "type": "quantitative", "title": title}
        for axis, (field, title) in axes.items()
    }
    name = {"field": "model", "type": "nominal", "title": texts.SPEED_MODEL}
    return {
        "encoding": place,
        "height": 320,
        "layer": [
            {
                "mark": {"type": "point", "filled": True, "size": 120},
                "encoding": {"color": name | {"legend": None}, "tooltip": [name, *place.values()]},
            },
            {
                "mark": {"type": "text", "dy": 16, "color": GREY, "fontSize": 13},
                "encoding": {"text": {"field": "model", "type": "nominal"}},
            },
        ],
    }
