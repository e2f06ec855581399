"""A customer's data at the end, for its contacts and for the operator (clause 8.2).

A contact chooses, sees the archive grow, and takes it, from the end of the
contract until the disposal is certified; before and after it is refused by
clause. The archive passes through here in pieces: rooms give it to nobody
else, and what has gone out whole is journalled. The operator destroys what is
held after that, and the page tells when it was done.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec
from tornado.iostream import StreamClosedError

from webvisio_billing.application.customer_data import RoomsAway
from webvisio_billing.application.outcomes import Problem, invalid
from webvisio_billing.application.views import ContractFile, ContractView
from webvisio_billing.domain.commands import Disposal
from webvisio_billing.domain.disposal import may_take
from webvisio_billing.domain.events import DataDestroyed, DataTaken, DisposalChosen, DisposalCompleted
from webvisio_billing.domain.refusals import DomainRefusal
from webvisio_billing.domain.state import Lifecycle
from webvisio_billing.domain.terms import Party
from webvisio_billing.web.account_pages import AccountHandler
from webvisio_billing.web.frame import PageHandler
from webvisio_protocol.custody import ArchiveStage, CustomerData
from webvisio_protocol.identifiers import ContractId
from webvisio_protocol.refusals import Refusal, RefusalCode
from webvisio_protocol.signalling import RefusalView
from webvisio_service.ranges import span_of

CONCERNED: Final = (Lifecycle.ENDING, Lifecycle.ENDED, Lifecycle.CLOSED)
"""When a contract's page has something to tell about its data."""


@dataclass(frozen=True, slots=True)
class DataStory:
    """What the journal tells of the data: the newest of each."""

    chosen: DisposalChosen | None
    taken: DataTaken | None
    completed: DisposalCompleted | None
    destroyed: DataDestroyed | None

    @property
    def was_chosen_by_customer(self) -> bool:
        return self.chosen is not None and self.chosen.by is Party.CUSTOMER

    @property
    def destroyed_at(self) -> datetime | None:
        """When it was destroyed; by an operator's own certificate where the software did not."""
        if self.destroyed is not None:
            return self.destroyed.at
        done = self.completed
        return done.at if done is not None and done.choice is Disposal.DESTROY else None

    @property
    def destroyed_lines(self) -> tuple[str, ...]:
        if self.destroyed is not None:
            return self.destroyed.destroyed
        return () if self.completed is None else self.completed.destroyed


def story_of(file: ContractFile) -> DataStory:
    """Read the journal."""
    chosen = taken = completed = destroyed = None
    for recorded in file.journal:
        match recorded.event:
            case DisposalChosen() as event:
                chosen = event
            case DataTaken() as event:
                taken = event
            case DisposalCompleted() as event:
                completed = event
            case DataDestroyed() as event:
                destroyed = event
            case _:
                pass
    return DataStory(chosen, taken, completed, destroyed)


class DataHandler(AccountHandler):
    """What the contact's pages share."""

    async def tell(self, contract_id: str, refusal: RefusalView | None = None) -> None:
        """Render the page, with what was just refused."""
        view = await self.own_contract(contract_id)
        web, contract = self.web, view.contract
        file = self.found(await web.worker.run(web.billing.contract, contract.contract_id))
        is_theirs = may_take(contract) is None
        state = await web.returning.state(view.customer.customer_id) if is_theirs else CustomerData()
        self.render_page(
            "account_data.html",
            section="account",
            view=view,
            contract=contract,
            story=story_of(file),
            state=state,
            may_take=is_theirs,
            may_choose=contract.lifecycle in (Lifecycle.ENDING, Lifecycle.ENDED)
            and not contract.is_disposal_complete
            and contract.data_destroyed_at is None,
            choices=list(Disposal),
            refusal=refusal,
        )

    async def own_file(self, contract_id: str) -> ContractView:
        """Find one's own contract, while its archive may be taken; else the refusal names the clause."""
        view = await self.own_contract(contract_id)
        refusal = may_take(view.contract)
        if refusal is not None:
            self.deny(refusal)
        return view


class DataPage(DataHandler):
    """`GET account/contracts/ID/data`; `POST` chooses (`do=return`, `do=destroy`) or asks (`ask`, `anew`)."""

    async def get(self, contract_id: str) -> None:
        await self.tell(contract_id)

    async def post(self, contract_id: str) -> None:
        view = await self.own_contract(contract_id)
        wish, returning = self.fields().get("do", ""), self.web.returning
        done: object
        match wish:
            case Disposal.RETURN | Disposal.DESTROY:
                done = await returning.choose(view.contract.contract_id, Disposal(wish), self.actor)
            case "ask" | "anew":
                done = await returning.ask(view, is_anew=wish == "anew")
            case _:
                self.deny(Refusal(RefusalCode.MESSAGE_MALFORMED))
        if isinstance(done, DomainRefusal | Problem):
            await self.tell(contract_id, self.worded(done))
            return
        self.web.measures.actions.labels("customer_data").inc()
        self.redirect(self.path("account", "contracts", view.contract.contract_id, "data"), status=303)


class Progress(msgspec.Struct, frozen=True):
    """What the page's script asks for while the archive grows."""

    stage: ArchiveStage
    done: int
    total: int
    told: str


class DataState(DataHandler):
    """`GET account/contracts/ID/data/state`: `Progress` as JSON."""

    async def get(self, contract_id: str) -> None:
        view = await self.own_file(contract_id)
        state = await self.web.returning.state(view.customer.customer_id)
        if state is None:
            self.set_status(503)
            self.finish()
            return
        told = self.words("archive_progress", done=state.done, total=state.total)
        self.answer(Progress(state.stage, state.done, state.total, told))


class DataArchive(DataHandler):
    """`GET account/contracts/ID/data/archive`: the archive, with ranges; taken whole, it is journalled."""

    async def get(self, contract_id: str) -> None:
        view = await self.own_file(contract_id)
        archive = self.wanted(await self.web.returning.archive(view))
        etag = f'"{archive.sha256}"'
        is_same = self.request.headers.get("If-Range", etag) == etag
        span = span_of(self.request.headers.get("Range") if is_same else None, archive.size_bytes)
        self.set_header("Content-Type", "application/zip")
        self.set_header("ETag", etag)
        self.set_header("Accept-Ranges", "bytes")
        if span is None:
            self.set_status(416)
            self.set_header("Content-Range", f"bytes */{archive.size_bytes}")
            self.finish()
            return
        name = f"{view.customer.customer_id}.zip"
        self.set_header("Content-Disposition", f'attachment; filename="{name}"')
        self.set_header("Content-Length", str(span.end - span.start))
        if span.is_partial:
            self.set_status(206)
            self.set_header("Content-Range", f"bytes {span.start}-{span.end - 1}/{archive.size_bytes}")
        pieces = self.web.returning.pieces(view.customer.customer_id, archive, span.start, span.end)
        last = b""
        try:
            async for piece in pieces:
                self.write(last + piece[:-1])
                await self.flush()
                last = piece[-1:]
        except StreamClosedError:
            return
        except RoomsAway:
            # the length was promised: a connection that breaks says that this is not all
            self.request.connection.stream.close()  # type: ignore[union-attr]  # HTTP/1 only
            return
        if span.end == archive.size_bytes:
            # a browser goes on where it was broken off: with the last byte all of it has gone out,
            # and whoever has it finds that journalled
            await self.web.returning.taken(view.contract.contract_id, archive, self.actor)
        self.write(last)
        self.finish()


class DestructionPage(PageHandler):
    """`GET contracts/ID/data/destruction` says what it will do; `POST`, with the customer's name, does it."""

    async def get(self, contract_id: str) -> None:
        await self._tell(await self._view(contract_id), None)

    async def post(self, contract_id: str) -> None:
        view = await self._view(contract_id)
        if self.fields().get("confirmation", "").strip() != view.customer.customer_id:
            await self._tell(view, self.worded(invalid("confirmation", "not_the_customer")), "confirmation")
            return
        done = await self.web.returning.destroy(view, self.actor)
        if isinstance(done, DomainRefusal | Problem):
            await self._tell(view, self.worded(done))
            return
        self.web.measures.actions.labels("destroy_data").inc()
        name = view.contract.contract_id
        self.redirect(self.path("contracts", name) + "?done=data_destroyed#wv-main", status=303)

    async def _view(self, contract_id: str) -> ContractView:
        name = ContractId(self.identifier(contract_id))
        return self.found(await self.web.worker.run(self.web.billing.contract, name)).view

    async def _tell(self, view: ContractView, refusal: RefusalView | None, wrong: str = "") -> None:
        why = await self.web.worker.run(self.web.returning.may_destroy, view)
        self.render_page(
            "destroy_data.html",
            view=view,
            contract=view.contract,
            why=None if why is None else self.words.refusal(why),
            refusal=refusal,
            wrong=wrong,
        )
