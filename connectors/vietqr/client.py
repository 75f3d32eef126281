"""Makes and reads codes. Nobody is called and nothing is kept: money is seen on the statement only."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode

from connectors.errors import Rejected
from connectors.vietqr import translate
from connectors.vietqr.settings import Account, Settings
from connectors.vietqr.translate import Transfer

SYSTEM = "vietqr"


class Client:
    """VietQR as a way to pay.

    ``supports_refund`` is ``False``: the scheme knows no refund. Money goes back by a new transfer to the payer's account,
    which must be known and confirmed.
    """

    supports_refund = False
    supports_partial_refund = False

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def code(self, *, reference: str, amount: int, terminal: str = "", words: str = "") -> str:
        """The text of the code for one payment.

        Args:
            reference: 16 characters with a right check digit.
            amount: whole đồng.
            terminal: our name of the account; the usual one when empty.
            words: stand behind the reference; those of the settings when empty.

        Raises:
            Rejected: the amount is outside the limits of a fast transfer (code ``amount``).
            ValueError: a fact that must not stand in a code.
        """
        settings = self._settings
        if type(amount) is not int or not settings.least_amount <= amount <= settings.most_amount:
            raise Rejected(
                f"{amount} đồng is outside the limits of a fast transfer",
                system=SYSTEM,
                operation="code",
                code="amount",
                reference=reference,
            )
        account = self._account(terminal)
        purpose = translate.purpose_of(reference, words or settings.words, settings.longest_purpose)
        return translate.text_of(Transfer(account.bin, account.number, amount, purpose))

    def payment_url(
        self,
        *,
        reference: str,
        amount: int,
        created: datetime,  # noqa: ARG002 - a code does not end by itself; the attempt does
        expires: datetime,  # noqa: ARG002
        order_info: str,  # noqa: ARG002 - the purpose carries the reference only: it stands on the payer's statement
        payer_address: str,  # noqa: ARG002
        language: str,
        bank_code: str = "",  # noqa: ARG002
    ) -> tuple[str, str]:
        """The address of our own page with the code, and no request time: there is nobody to ask about it.

        Raises:
            As :meth:`code`.
        """
        text = self.code(reference=reference, amount=amount)
        query = urlencode({"reference": reference, "code": text, "lang": language})
        return f"{self._settings.page_url}?{query}", ""

    def read(self, text: str) -> Transfer:
        """The transfer that a code asks for.

        Raises:
            Unreadable
        """
        return translate.read(text)

    def _account(self, terminal: str) -> Account:
        try:
            return self._settings.accounts[terminal or self._settings.terminal]
        except KeyError:
            raise ValueError(f"{terminal} is not a terminal of this installation") from None
