"""The bounds of money, for files and for the database alike."""

from decimal import Decimal

# The most that numeric(14,2) holds, in Bs.
MONTO_MAXIMO = Decimal("999999999999.99")
