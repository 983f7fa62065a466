"""Who may do what, as one table: every route of the service, and the rows that the database gives."""

import csv
from collections.abc import Iterator
from io import StringIO

from django.core.management.base import BaseCommand, CommandParser

from cuentas import aislamiento, rutas
from cuentas.permisos import acciones

FILAS = ("tabla", "se lee", "se escribe")


class Command(BaseCommand):
    help = "Imprime quién puede qué: cada ruta con cada rol, cada acción, y las filas que da la base de datos."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--formato", choices=["texto", "csv", "markdown"], default="texto")

    def handle(self, *, formato: str, **options) -> None:
        roles = sorted({rol for accion in acciones() for rol in accion.roles})
        lectores = [None, *roles, "superusuario"]
        cabeza = ["ruta", "método", *(lector or "visitante" for lector in lectores), "para qué", "dónde"]
        cuerpo = [_fila(ruta, lectores) for ruta in rutas.tabla()]
        if formato == "csv":
            self.stdout.write(_csv([cabeza, *cuerpo]), ending="")
            return
        pintar = _markdown if formato == "markdown" else _texto
        self.stdout.write("\n".join(pintar(cabeza, cuerpo)))
        self.stdout.write(
            "\nSí: en los municipios donde tiene el rol; si el rol está limitado a unidades, solo en lo que está en ellas.\n"
            "Con código: además, con el segundo paso. Lo que no se puede ver responde que no existe (404).\n"
        )
        filas = [
            [modelo._meta.db_table, regla.lectura, regla.escritura]
            for modelo, regla in sorted(aislamiento.declaradas().items(), key=lambda par: par[0]._meta.db_table)
        ]
        self.stdout.write("\n".join(pintar(list(FILAS), filas)))


def _fila(ruta: rutas.Ruta, lectores: list[str | None]) -> list[str]:
    regla = ruta.regla
    if regla is None:
        return [ruta.direccion, ruta.metodo, *("¿?" for _lector in lectores), "sin declarar", ""]
    celdas = [regla.celda(lector).value for lector in lectores]
    que = str(regla.accion.descripcion) if regla.accion else regla.quien.value
    donde = str(regla.de._meta.verbose_name) if regla.de else ""
    fijos = ", ".join(f"{clave}={valor}" for clave, valor in regla.fijos)
    return [ruta.direccion, ruta.metodo, *celdas, que, f"{donde} ({fijos})" if fijos else donde]


def _csv(filas: list[list[str]]) -> str:
    salida = StringIO()
    csv.writer(salida, lineterminator="\n").writerows(filas)
    return salida.getvalue()


def _markdown(cabeza: list[str], filas: list[list[str]]) -> Iterator[str]:
    for fila in (cabeza, ["---"] * len(cabeza), *filas):
        yield "| " + " | ".join(celda.replace("|", "\\|") for celda in fila) + " |"


def _texto(cabeza: list[str], filas: list[list[str]]) -> Iterator[str]:
    anchos = [max(len(fila[i]) for fila in (cabeza, *filas)) for i in range(len(cabeza))]
    for fila in (cabeza, *filas):
        yield "  ".join(celda.ljust(ancho) for celda, ancho in zip(fila, anchos, strict=True)).rstrip()
