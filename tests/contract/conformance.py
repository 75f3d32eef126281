"""One suite that every connector runs: what must hold of any outside system, whatever it speaks.

A connector's tests subclass :class:`Conformance` and say how its world is made; each check builds a fresh one.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from connectors.errors import ConnectorError, ContractBroken, OutcomeUnknown, Rejected, Unavailable
from connectors.kit.effects import Call, Done, EffectClass, NotDone, Operation, Undecided
from connectors.kit.exchanges import collecting
from connectors.kit.sandbox import Fault, Sandbox, SandboxAnswer, SandboxRequest
from connectors.kit.sandbox_server import Server


@dataclass
class World:
    """One outside system for one check.

    Attributes:
        connect: address of the sandbox → the connector's operations, ready to be called.
        calls: operation → makes a call that the sandbox would grant, its state prepared there.
        names: operation → its name in the sandbox, where that differs.
        secrets: texts that may stand in no note and no error.
        signed: answers carry a signature that the client must check.
    """

    sandbox: Sandbox
    connect: Callable[[str], Sequence[Operation]]
    calls: Mapping[str, Callable[[], Call]]
    names: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    signed: bool = False


class Replaying(Sandbox):
    """The sandbox, but one operation always gets the same answer, whatever it says; counts how often."""

    def __init__(self, real: Sandbox, operation: str, answer: SandboxAnswer) -> None:
        super().__init__()
        self.real, self.operation, self.answer, self.asked = real, operation, answer, 0

    def knows(self, request: SandboxRequest) -> bool:
        return self.real.knows(request)

    def handle(self, request: SandboxRequest) -> SandboxAnswer:
        if self.real.operation_of(request) != self.operation:
            return self.real.handle(request)
        self.asked += 1
        return self.answer


class Recording(Sandbox):
    """The sandbox, keeping its last answer to one operation."""

    def __init__(self, real: Sandbox, operation: str) -> None:
        super().__init__()
        self.real, self.operation, self.answer = real, operation, SandboxAnswer()

    def knows(self, request: SandboxRequest) -> bool:
        return self.real.knows(request)

    def handle(self, request: SandboxRequest) -> SandboxAnswer:
        answer = self.real.handle(request)
        if self.real.operation_of(request) == self.operation:
            self.answer = answer
        return answer


@contextmanager
def connected(world: World, served: Sandbox, name: str) -> Iterator[tuple[Operation, Call]]:
    """The operation against ``served``, with a call that would be granted."""
    with Server([served], "127.0.0.1", 0) as server:
        by_name = {operation.name: operation for operation in world.connect(server.url)}
        try:
            yield by_name[name], replace(world.calls[name](), deadline_seconds=5.0)
        finally:
            world.sandbox.close()


def is_read(operation: Operation) -> bool:
    return operation.effect_class is EffectClass.READ


def must_not_succeed(operation: Operation, call: Call, *, after: str) -> ConnectorError:
    """Call it; anything but an error of our tree is a failure of the test. A write must not be called refused either."""
    try:
        done = operation.perform(call)
    except ConnectorError as exc:
        if isinstance(exc, Rejected) and not is_read(operation):
            pytest.fail(f"{operation.name} {after}: taken for a refusal: {exc}")
        return exc
    pytest.fail(f"{operation.name} {after}: taken for a success: {done}")


class Conformance:
    """The suite. Subclasses set ``operations`` and ``world``."""

    operations: tuple[str, ...] = ()

    def world(self) -> World:
        raise NotImplementedError

    def each(self, wanted: Callable[[Operation], bool] = lambda _: True) -> Iterator[tuple[World, str]]:
        """A fresh world per operation."""
        for name in self.operations:
            world = self.world()
            [operation] = [o for o in world.connect("http://127.0.0.1:9") if o.name == name]
            if wanted(operation):
                yield world, name

    def set_fault(self, world: World, name: str, kind: str, **facts: Any) -> None:
        world.sandbox.faults.add(
            Fault.read({"operation": world.names.get(name, name), "kind": kind, **facts})
        )

    def test_it_declares_every_operation_and_how_its_outcome_is_found(self):
        """The engine knows nothing else of a system."""
        world = self.world()
        declared = world.connect("http://127.0.0.1:9")
        assert sorted(operation.name for operation in declared) == sorted(self.operations)
        assert {operation.system for operation in declared} == {world.sandbox.system}
        for operation in declared:
            assert operation.found_by.strip()

    def test_what_is_granted_is_done_and_speaks_json(self):
        """What a connector returns is stored as it is."""
        for world, name in self.each():
            with connected(world, world.sandbox, name) as (operation, call):
                done = operation.perform(call)
                assert isinstance(done, Done), name
                assert json.loads(json.dumps(done.data)) == done.data, name
                assert isinstance(done.code, str), name

    @pytest.mark.parametrize("kind", ["lose_answer", "lose_request", "error_after_acting"])
    def test_silence_or_500_after_a_write_is_unknown_and_of_a_read_is_nothing(self, kind):
        """'Unavailable' of a write means that it may be sent again."""
        for world, name in self.each():
            with connected(world, world.sandbox, name) as (operation, call):
                self.set_fault(world, name, kind)
                error = must_not_succeed(operation, call, after=kind)
                assert isinstance(error, Unavailable if is_read(operation) else OutcomeUnknown), (
                    f"{name}: {error!r}"
                )

    def test_what_was_done_although_its_answer_was_lost_is_found(self):
        """Every write knows how its outcome is found; here the sandbox has done it."""
        for world, name in self.each(lambda o: o.look_up is not None and not is_read(o)):
            with connected(world, world.sandbox, name) as (operation, call):
                self.set_fault(world, name, "lose_answer", times=1)
                must_not_succeed(operation, call, after="lose_answer")
                found = operation.look_up(call)
                assert isinstance(found, Done), f"{name}: {found}"

    def test_what_was_never_done_is_not_found_as_done(self):
        """A look-up that finds what is not there loses a citizen's money."""
        for world, name in self.each(lambda o: o.look_up is not None and not is_read(o)):
            with connected(world, world.sandbox, name) as (operation, call):
                self.set_fault(world, name, "lose_request", times=1)
                must_not_succeed(operation, call, after="lose_request")
                found = operation.look_up(call)
                assert isinstance(found, NotDone | Undecided), f"{name}: {found}"

    @pytest.mark.parametrize("kind", ["too_many", "closed"])
    def test_too_many_and_closed_mean_wait_as_long_as_they_say(self, kind):
        """They did not take it; when to come back is theirs to say."""
        for world, name in self.each():
            with connected(world, world.sandbox, name) as (operation, call):
                self.set_fault(world, name, kind, seconds=77)
                error = must_not_succeed(operation, call, after=kind)
                assert isinstance(error, Unavailable), f"{name}: {error!r}"
                assert error.retry_after_seconds == 77, name

    @pytest.mark.parametrize("kind", ["error_200", "garbage"])
    def test_another_shape_than_agreed_is_never_a_success(self, kind):
        """Login pages and half-broken proxies answer 200."""
        for world, name in self.each():
            with connected(world, world.sandbox, name) as (operation, call):
                self.set_fault(world, name, kind)
                error = must_not_succeed(operation, call, after=kind)
                wanted = (ContractBroken, Unavailable) if is_read(operation) else (OutcomeUnknown,)
                assert isinstance(error, wanted), f"{name}: {error!r}"

    def test_an_answer_cut_at_any_byte_is_never_a_success(self):
        """Cut on the wire, and cut but announced as whole."""
        for world, name in self.each():
            operation_there = world.names.get(name, name)
            recording = Recording(world.sandbox, operation_there)
            with connected(world, recording, name) as (operation, call):
                operation.perform(call)
            answer = recording.answer
            assert answer.body, f"{name}: nothing to cut"
            self._cut_everywhere(name, operation_there, answer)

    def _cut_everywhere(self, name: str, operation_there: str, answer: SandboxAnswer) -> None:
        fresh = self.world()
        replaying = Replaying(fresh.sandbox, operation_there, answer)
        with connected(fresh, replaying, name) as (operation, call):
            # A cut on the wire is the transport's to see: every byte for writes, a sample for reads.
            step = max(1, len(answer.body) // 40) if is_read(operation) else 1
            for at in range(len(answer.body)):
                if at % step == 0 or at == len(answer.body) - 1:
                    replaying.answer = replace(answer, cut_after=at)
                    must_not_succeed(operation, call, after=f"cut after byte {at} of {len(answer.body)}")
                replaying.answer = replace(answer, body=answer.body[:at])
                must_not_succeed(operation, call, after=f"shortened to {at} of {len(answer.body)} bytes")

    @pytest.mark.parametrize("status", [202, 204])
    def test_an_empty_answer_is_never_a_success(self, status):
        """'Accepted' of a proxy is not theirs."""
        for world, name in self.each():
            replaying = Replaying(world.sandbox, world.names.get(name, name), SandboxAnswer(status, {}, b""))
            with connected(world, replaying, name) as (operation, call):
                must_not_succeed(operation, call, after=f"HTTP {status}")

    def test_a_redirect_is_not_followed(self):
        """Their address stands in the settings and nowhere else."""
        for world, name in self.each():
            answer = SandboxAnswer(307, {"Location": "/elsewhere"}, b"")
            replaying = Replaying(world.sandbox, world.names.get(name, name), answer)
            with connected(world, replaying, name) as (operation, call):
                must_not_succeed(operation, call, after="a redirect")
                assert replaying.asked == 1, name

    @pytest.mark.parametrize("kind", ["hang", "trickle"])
    def test_the_deadline_is_for_the_whole_call(self, kind):
        """A thread that waits for ever is a worker less."""
        for world, name in self.each():
            with connected(world, world.sandbox, name) as (operation, call):
                self.set_fault(world, name, kind, seconds=20)
                begun = time.monotonic()
                error = must_not_succeed(operation, replace(call, deadline_seconds=0.3), after=kind)
                assert time.monotonic() - begun < 2, name
                assert isinstance(error, Unavailable if is_read(operation) else OutcomeUnknown), (
                    f"{name}: {error!r}"
                )

    def test_a_wrongly_signed_answer_decides_nothing(self):
        """Neither done nor refused: anybody could have written it."""
        for world, name in self.each():
            if not world.signed:
                continue
            with connected(world, world.sandbox, name) as (operation, call):
                self.set_fault(world, name, "wrong_signature")
                error = must_not_succeed(operation, call, after="wrong_signature")
                assert isinstance(error, OutcomeUnknown | Unavailable), f"{name}: {error!r}"
                assert is_read(operation) or isinstance(error, OutcomeUnknown), f"{name}: {error!r}"

    def test_an_answer_that_comes_twice_is_one(self):
        """The second one must not be taken for the answer to the next call."""
        for world, name in self.each():
            with connected(world, world.sandbox, name) as (operation, call):
                self.set_fault(world, name, "answer_twice", times=1)
                first = operation.perform(call)
                assert isinstance(first, Done), name
                if is_read(operation):
                    assert operation.perform(call).data == first.data, name

    def test_no_secret_stands_in_notes_or_errors(self):
        """Both are stored, and shown to people."""
        for world, name in self.each():
            with connected(world, world.sandbox, name) as (operation, call), collecting() as exchanges:
                operation.perform(call)
                self.set_fault(world, name, "error_after_acting")
                error: BaseException | None = None
                try:
                    operation.perform(call)
                except ConnectorError as exc:
                    error = exc
                text = f"{exchanges!r} {error!r} {error and error.__cause__!r}"
                assert exchanges, f"{name}: the call was not noted"
                assert [secret for secret in world.secrets if secret in text] == [], name
