"""The forms of the identity's cookie, whatever a browser sends."""

import re

from hypothesis import example, given
from hypothesis import strategies as st
from starlette.requests import cookie_parser

from liaobots.ui import identity_cookie
from liaobots.ui.identity_cookie import COOKIE, MAX_SIGNED_VALUES, SIGNED, Keys
from tests.support.strategies import mangled

OURS, OTHERS = Keys(database=[b"ours", b"older"]), Keys(database=[b"others"])
IDENTITY = "i" * 43
GOOD = OURS.cookie_for(IDENTITY)
HEADERS = [
    f"{COOKIE}={GOOD}",
    f"a=b; {COOKIE}={GOOD};",
    f"{COOKIE}=x; {COOKIE}={GOOD}",
    "a=b",
    ";=;",
]


def test_each_key_is_known_and_the_first_one_signs() -> None:
    """What the process signs is known as well, and is signed anew by the database's."""
    older = Keys(database=[b"older"]).cookie_for(IDENTITY)
    alone = Keys(process=OURS.process).cookie_for(IDENTITY)
    assert OURS.identity_in(older) == OURS.identity_in(alone) == OURS.identity_in(GOOD) == IDENTITY
    assert len({older, alone, GOOD}) == 3
    assert OURS.cookie_for(IDENTITY, [older, alone]) == GOOD
    assert OTHERS.identity_in(GOOD) == ""
    assert str(OURS) == "Keys()"


def test_others_are_kept_up_to_a_number() -> None:
    """Those of other databases go along; the last ones give way."""
    others = [Keys(database=[bytes([each])]).cookie_for(IDENTITY) for each in range(6)]
    value = OURS.cookie_for(IDENTITY, ["junk", f"{others[0]}~{others[1]}", GOOD, *others])
    assert value.split("~") == [GOOD, *others[: MAX_SIGNED_VALUES - 1]]
    assert OURS.identity_in(f"{others[0]}~{GOOD}") == IDENTITY


@given(mangled(st.just(GOOD.encode())).map(lambda data: data.decode("latin-1")) | st.text())
@example(f"{GOOD}\n")
@example(f"{IDENTITY}.{IDENTITY}")
def test_nothing_else_is_good(value: str) -> None:
    """Whatever is not a whole signed value gives no identity, and nothing fails."""
    found = OURS.identity_in(value)
    assert found == (IDENTITY if GOOD in value.split("~") else "")
    new = OURS.cookie_for("n" * 43, [value])
    assert all(SIGNED.fullmatch(each) for each in new.split("~"))
    assert len(identity_cookie.unverified_owner(value)) == 64
    assert identity_cookie.unverified_owner(value) != identity_cookie.owner_of(value)


@given(mangled(st.sampled_from(HEADERS).map(str.encode)) | st.binary(max_size=40))
def test_any_header(data: bytes) -> None:
    """The identity's values are found as Starlette finds the last one; all others stay."""
    header = data.decode("latin-1")
    values = identity_cookie.values_of(header, COOKIE)
    parsed = cookie_parser(header)
    if values and not values[-1].startswith('"'):
        assert parsed[COOKIE] == values[-1]
    assert (COOKIE in parsed) is bool(values)
    rest = identity_cookie.without_ours(header)
    assert COOKIE not in cookie_parser(rest)
    assert cookie_parser(rest) == {name: each for name, each in parsed.items() if name != COOKIE}
    assert not re.search(rf"(^|;)\\s*{COOKIE}\\s*=", rest)
