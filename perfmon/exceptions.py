"""Every exception perfmon raises on purpose.

PerfmonError
├── TransportError     the stream can't be reached; windows are kept and sent again
├── LeaseLost          another collector leads now; what was merged here is thrown away
├── StoreUnavailable   a store can't be read now; the page says since when it is stale
├── TopicError         a topic that does not exist or that the caller may not see
├── ScenarioError      what a load test needs could not be made; the message says what and how to mend it
├── LoadTestError      a load test can't be begun or brought to its end; the message says why and what to do
├── PerftestError    a performance test can't be begun or a check not be done; the message says why and what to do
│   └── LoadTestStopped   somebody stopped it while it measured in rounds; nothing of those was kept
└── ProtocolError      a websocket message that can't be understood; answered with an error frame
"""


class PerfmonError(Exception):
    """Root of perfmon's exceptions."""


class TransportError(PerfmonError):
    """The transport could not be reached; nothing was lost, the caller keeps what it has."""


class LeaseLost(PerfmonError):
    """The collector's lease belongs to someone else; nothing of this commit was written."""


class StoreUnavailable(PerfmonError):
    """A store could not be read."""


class TopicError(PerfmonError):
    """A topic is unknown or malformed; the message says what is allowed."""


class ScenarioError(PerfmonError):
    """What a load test needs could not be made: users, data, a login. The message says what and how to mend it."""


class LoadTestError(PerfmonError):
    """A load test can't be begun or brought to its end; the message says why and what to do."""


class PerftestError(PerfmonError):
    """A performance test was asked for wrongly or, with ``could_not_run``, can't be done; the message says why."""

    def __init__(self, message: str, *, could_not_run: bool = False) -> None:
        super().__init__(message)
        self.could_not_run = could_not_run


class LoadTestStopped(LoadTestError):
    """Somebody stopped a load test while it measured in rounds; nothing of those was kept."""


class ProtocolError(PerfmonError):
    """A websocket message that can't be acted on: a ``code`` for programs, a ``message`` for people."""

    def __init__(self, code: str, message: str, *, field: str = "", topic: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.field, self.topic = code, message, field, topic
