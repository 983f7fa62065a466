"""Accounts and the record of who changed what."""

from cuentas.models.conteo import Conteo
from cuentas.models.registro import Asiento, Eslabon
from cuentas.models.usuario import Usuario

__all__ = ["Asiento", "Conteo", "Eslabon", "Usuario"]
