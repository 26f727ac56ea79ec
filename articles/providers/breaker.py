"""When an endpoint is asked: a circuit breaker as pure functions of its state, an event and the time.

Closed, all calls pass. After ``IN_A_ROW`` faults in a row, or ``IN_WINDOW`` within ``WINDOW_S``, it opens and none
passes until its cool-down is over, which doubles each time up to ``MOST_COOL_DOWN_S``. Then it is half open: one call
passes to find out, and closes it or opens it anew. A provider that asks to wait is left to rest without opening.

Times are seconds of the wall clock: the state is shared by processes on any number of hosts.
"""

from __future__ import annotations

from typing import Any, NamedTuple

CLOSED, HALF_OPEN, OPEN = "closed", "half_open", "open"
IN_A_ROW = 3
IN_WINDOW, WINDOW_S = 5, 60.0
COOL_DOWN_S, MOST_COOL_DOWN_S = 5.0, 120.0
PROBE_S = 6.0  # as long as the lease of the call that finds out


class State(NamedTuple):
    """What is known of an endpoint's health. ``since`` is when it got into ``state``, ``heard_at`` the last result."""

    state: str = CLOSED
    since: float = 0.0
    in_a_row: int = 0
    faults: tuple[float, ...] = ()
    cool_down_s: float = COOL_DOWN_S
    retry_at: float = 0.0
    rests_until: float = 0.0
    probe: str = ""
    probe_until: float = 0.0
    error: str = ""
    error_at: float = 0.0
    heard_at: float = 0.0


def state_at(state: State, now: float) -> str:
    """Return where it is now: a cool-down that is over leaves it half open."""
    return HALF_OPEN if state.state == OPEN and now >= state.retry_at else state.state


def admits(state: State, now: float) -> bool:
    """Whether a call may pass."""
    if now < state.rests_until:
        return False
    where = state_at(state, now)
    return where == CLOSED or (where == HALF_OPEN and now >= state.probe_until)


def wait_s(state: State, now: float) -> float:
    """Return how long until a call may pass, as far as is known; 0 when one may now."""
    waits = [state.rests_until - now]
    if state.state == OPEN:
        waits.append(state.retry_at - now)
    elif state.state == HALF_OPEN:
        waits.append(state.probe_until - now)
    return max(0.0, *waits)


def admit(state: State, now: float, caller: str) -> State:
    """Let a call pass; when half open it is the one that finds out."""
    if state_at(state, now) == CLOSED:
        return state
    return _moved(state, HALF_OPEN, now)._replace(probe=caller, probe_until=now + PROBE_S)


def kept_up(state: State, now: float, caller: str) -> State:
    """Note that the call that finds out is still at it."""
    return state._replace(probe_until=now + PROBE_S) if caller and state.probe == caller else state


def let_go(state: State, caller: str) -> State:
    """Note that the call that finds out ended without finding out."""
    return state._replace(probe="", probe_until=0.0) if caller and state.probe == caller else state


def after_success(state: State, now: float) -> State:
    """Note a call that went well; one that began before it opened does not close it."""
    if state.state == OPEN:
        return state
    recent = tuple(at for at in state.faults if now - at < WINDOW_S) if state.state == CLOSED else ()
    closed = _moved(state, CLOSED, now)
    return closed._replace(
        in_a_row=0, faults=recent, cool_down_s=COOL_DOWN_S, retry_at=0.0, probe="", probe_until=0.0, heard_at=now
    )


def after_fault(state: State, now: float, error: str, *, is_final: bool = False) -> State:
    """Note a call that failed by the endpoint's fault; a ``final`` one, such as a rejected key, opens it at once."""
    recent = (*(at for at in state.faults if now - at < WINDOW_S), now)[-IN_WINDOW:]
    state = state._replace(
        in_a_row=state.in_a_row + 1, faults=recent, error=error, error_at=now, heard_at=now, probe="", probe_until=0.0
    )
    if state.state == OPEN and now < state.retry_at:
        return state  # a call that began before it opened
    if state.state != CLOSED:
        return _opened(state, now, min(state.cool_down_s * 2, MOST_COOL_DOWN_S))
    if is_final or state.in_a_row >= IN_A_ROW or len(recent) >= IN_WINDOW:
        return _opened(state, now, COOL_DOWN_S)
    return state


def after_wish(state: State, now: float, error: str, retry_after_s: float) -> State:
    """Note that the provider asks to be left alone for so long; an earlier, longer wish stands."""
    until = max(state.rests_until, now + retry_after_s)
    return state._replace(rests_until=until, error=error, error_at=now, heard_at=now)


def after_check(state: State, now: float) -> State:
    """Note that it answers again, though nobody has asked it for words yet: a call may find out."""
    state = state._replace(heard_at=now)
    return _moved(state, HALF_OPEN, now) if state.state == OPEN else state


def _opened(state: State, now: float, cool_down_s: float) -> State:
    return _moved(state, OPEN, now)._replace(cool_down_s=cool_down_s, retry_at=now + cool_down_s)


def _moved(state: State, to: str, now: float) -> State:
    return state if state.state == to else state._replace(state=to, since=now)


def packed(state: State) -> dict[str, Any]:
    """Return a state as JSON takes it."""
    return {**state._asdict(), "faults": list(state.faults)}


def unpacked(values: dict[str, Any]) -> State:
    """Return the state that was packed; what another release packed and this one does not know is left out."""
    known = {name: value for name, value in values.items() if name in State._fields}
    return State(**{**known, "faults": tuple(known.get("faults", ()))})
