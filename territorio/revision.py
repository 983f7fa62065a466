"""The report of an import as a person goes through it: its first line, what must be answered, its rows, doubts first."""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from territorio.models import EstadoImportacion, FilaImportada, Importacion

# What a remedy calls an option of the command line, and where that is told on the page.
OPCIONES_EN_LA_PAGINA = {
    "--crs": gettext_lazy("«Sistema de coordenadas»"),
    "--codificacion": gettext_lazy("«Codificación»"),
    "--capa": gettext_lazy("«Capa»"),
    "--codigo": gettext_lazy("«Código»"),
    "--nombre": gettext_lazy("«Nombre»"),
    "--padre": gettext_lazy("«Unidad superior»"),
    "--nivel-padre": gettext_lazy("«Nivel de la unidad superior»"),
    "--poblacion": gettext_lazy("«Habitantes»"),
    "--categoria": gettext_lazy("«Categoría»"),
    "--censo": gettext_lazy("«Censo»"),
    "--tolerancia": gettext_lazy("«Tolerancia»"),
    "--sin-geometria": gettext_lazy("«Aceptar unidades sin lugar»"),
    "--invertir-ejes": gettext_lazy("«Invertir los ejes»"),
    "--vigente-desde": gettext_lazy("«Rige desde»"),
    "--estado": gettext_lazy("«Estado legal»"),
    "en_conflicto": gettext_lazy("«en conflicto» («Estado legal»)"),
    "--omitir": gettext_lazy("«Cargar» sin marcar"),
}
CAMPOS = {
    "codigo": gettext_lazy("código"),
    "nombre": gettext_lazy("nombre"),
    "padre": gettext_lazy("unidad superior"),
    "categoria": gettext_lazy("categoría"),
    "poblacion": gettext_lazy("habitantes"),
    "estado": gettext_lazy("estado legal"),
    "norma": gettext_lazy("norma"),
}
# What the person can answer with a press, and the machine words of the problems that ask for it.
PREGUNTAS = {
    "capas": {"varias_capas", "capa_desconocida"},
    "crs": {"sin_crs", "crs_equivocado", "ejes_invertidos", "crs_sin_operacion"},
    "codificacion": {"sin_codificacion", "codificacion_falla", "texto_ilegible"},
    "campos": {"sin_campos", "campo_desconocido"},
}
LEIDO = {
    "formato": gettext_lazy("formato"),
    "capa": gettext_lazy("capa"),
    "crs": gettext_lazy("coordenadas"),
    "codificacion": gettext_lazy("codificación"),
}
VER = {
    "errores": Q(gravedad="error"),
    "dudas": Q(gravedad="aviso"),
    "nuevas": Q(estado="nueva"),
    "cambiadas": Q(estado="cambiada"),
    "iguales": Q(estado="igual"),
}
POR_CARGAR = Q(estado__in=["nueva", "cambiada"]) & ~Q(gravedad="error")
MUDANZAS_A_LA_VISTA, MUDANZAS_MOSTRADAS = 12, 200


@dataclass(slots=True)
class FilaRevisada:
    """A row of the file with everything the report says of it."""

    numero: int
    nombre: str = ""
    codigo: str = ""
    padre: str = ""
    unidad: int | None = None
    estado: str = "con_error"
    cambios: dict[str, list[Any]] = field(default_factory=dict)
    dudas: list[dict[str, Any]] = field(default_factory=list)
    m2: float | None = None
    dentro_pct: float | None = None
    caja: list[float] | None = None
    omitida: bool = False

    @property
    def con_error(self) -> bool:
        return self.estado == "con_error" or any(d["gravedad"] == "error" for d in self.dudas)

    @property
    def con_duda(self) -> bool:
        return any(d["gravedad"] == "aviso" for d in self.dudas)

    @property
    def se_carga(self) -> bool:
        return not self.omitida and not self.con_error and self.estado in {"nueva", "cambiada"}

    @property
    def en_palabras(self) -> list[str]:
        """What would change in the stored unit, before and after."""
        return [_cambio(campo, antes, despues) for campo, (antes, despues) in self.cambios.items()]

    @property
    def problemas(self) -> list[dict[str, Any]]:
        """What is said of the row, worst first, with remedies as the page tells them."""
        return [d | {"remedio": en_la_pagina(d.get("remedio", ""))} for d in sorted(self.dudas, key=_peso)]

    @property
    def superficie(self) -> str:
        return superficie(self.m2) if self.m2 is not None else ""

    @classmethod
    def de(cls, guardada: FilaImportada, omitidas: Collection[int]) -> "FilaRevisada":
        """A stored row, with those of its problems that the row of the report does not repeat."""
        fila = cls(guardada.numero, estado="con_error" if guardada.gravedad == "error" else "sin_comparar")
        for clave in guardada.datos.keys() & cls.__dataclass_fields__.keys():
            setattr(fila, clave, guardada.datos[clave])
        dichas = {(d["codigo"], d["mensaje"]) for d in fila.dudas}
        for problema in guardada.problemas:
            dicho = (problema["codigo"], problema["mensaje"])
            if problema["gravedad"] != "dato" and dicho not in dichas:
                dichas.add(dicho)
                fila.dudas = [*fila.dudas, problema]
        fila.omitida = fila.numero in omitidas
        return fila


class Pagina(Sequence):
    """Some rows of a report, read when a page of them is asked for."""

    def __init__(self, filas: QuerySet[FilaImportada], omitidas: Collection[int], cuantas: int) -> None:
        self._filas, self._omitidas, self._cuantas = filas, omitidas, cuantas

    def __len__(self) -> int:
        return self._cuantas

    def __getitem__(self, cual: Any) -> Any:
        if isinstance(cual, slice):
            return [FilaRevisada.de(fila, self._omitidas) for fila in self._filas[cual]]
        return FilaRevisada.de(self._filas[cual], self._omitidas)


class Revision:
    """The last report of an import; empty before the first reading."""

    def __init__(self, importacion: Importacion) -> None:
        self.importacion = importacion
        self.informe: dict[str, Any] = importacion.informe or {}
        self.omitidas = set(importacion.omitidas)

    def filas(self, ver: str = "todas") -> Pagina:
        """The rows that a filter shows, doubts first."""
        return Pagina(self._de(ver), self.omitidas, self.cuentas.get(ver, self.cuentas["todas"]))

    def todas(self) -> Iterator[FilaRevisada]:
        """Every row in the order of the file, a few at a time."""
        for fila in self.importacion.filas.order_by("numero").iterator(chunk_size=2_000):
            yield FilaRevisada.de(fila, self.omitidas)

    def lugar_de(self, numero: int, ver: str) -> int:
        """How many rows stand before a row under a filter; 0 where it is not there."""
        filas = self._de(ver)
        fila = filas.filter(numero=numero).first()
        if fila is None:
            return 0
        return filas.filter(Q(orden__lt=fila.orden) | Q(orden=fila.orden, numero__lt=numero)).count()

    def _de(self, ver: str) -> QuerySet[FilaImportada]:
        prueba = Q(numero__in=self.omitidas) if ver == "omitidas" else VER.get(ver, Q())
        return self.importacion.filas.filter(prueba).order_by("orden", "numero")

    @cached_property
    def cuentas(self) -> dict[str, int]:
        """How many rows each filter shows."""
        cuantas = {ver: Count("pk", filter=prueba) for ver, prueba in VER.items()}
        contadas = self.importacion.filas.aggregate(todas=Count("pk"), **cuantas)
        fuera = self.importacion.filas.filter(numero__in=self.omitidas).count() if self.omitidas else 0
        return contadas | {"omitidas": fuera, "faltan": len(self.faltan)}

    @cached_property
    def por_cargar(self) -> dict[str, int]:
        """Rows that acceptance would write, by what they are."""
        filas = self.importacion.filas.filter(POR_CARGAR).exclude(numero__in=self.omitidas)
        return dict(filas.order_by().values_list("estado").annotate(Count("pk")))

    @cached_property
    def con_error_puestas(self) -> list[int]:
        """Rows that refuse the file and have not been taken off."""
        con_error = self.importacion.filas.filter(VER["errores"]).exclude(numero__in=self.omitidas)
        return list(con_error.order_by("numero").values_list("numero", flat=True))

    @property
    def vuelven(self) -> list[int]:
        """Rows that were left out when the file was read and are wanted now: nothing is known of them yet."""
        return sorted(set(self.importacion.pedido.get("omitidas", ())) - self.omitidas)

    @property
    def faltan(self) -> list[dict[str, Any]]:
        return self.informe.get("faltan", [])

    @property
    def generales(self) -> list[dict[str, Any]]:
        """What the report says of the file as a whole, worst first."""
        propios = [p for p in self.informe.get("problemas", ()) if p["fila"] is None]
        return [p | {"remedio": en_la_pagina(p["remedio"])} for p in sorted(propios, key=_peso)]

    @property
    def listas(self) -> list[tuple[str, list[str]]]:
        """The lists that remedies speak of, by name."""
        return [(clave.replace("_", " "), lista) for clave, lista in self.informe.get("listas", {}).items() if lista]

    @property
    def leido(self) -> list[tuple[str, str]]:
        """How the file was understood."""
        lectura = self.informe.get("lectura", {})
        dichos = [(str(nombre), lectura[clave]) for clave, nombre in LEIDO.items() if lectura.get(clave)]
        campos = ", ".join(f"{campo} → {destino}" for campo, destino in self.informe.get("campos", {}).items())
        return [*dichos, (_("campos"), campos)] if campos else dichos

    @property
    def solo_por_filas(self) -> bool:
        """Whether all that refuses the file are some of its rows: the rest could be loaded without them."""
        return bool(self.con_error_puestas) and not any(p["gravedad"] == "error" for p in self.generales)

    @cached_property
    def sugerencias(self) -> dict[str, Any]:
        return self.informe.get("sugerencias", {})

    @property
    def codificaciones(self) -> list[dict[str, Any]]:
        """Encodings to choose from; those that read every sample alike are one choice, under the names of all."""
        iguales: dict[tuple[str, ...], list[str]] = {}
        for candidata in self.sugerencias.get("codificacion", []):
            iguales.setdefault(tuple(candidata["muestras"]), []).append(candidata["codificacion"])
        return [
            {"codificacion": nombres[0], "nombre": _(" o ").join(nombres), "muestras": muestras}
            for muestras, nombres in iguales.items()
        ]

    @property
    def codigos(self) -> set[str]:
        """Machine words of what refuses the file as a whole."""
        return {p["codigo"] for p in self.generales if p["gravedad"] == "error"}

    @cached_property
    def preguntas(self) -> list[str]:
        """What the person must answer before the file can be read: crs, codificacion, capas, campos."""
        return [
            que
            for que, codigos in PREGUNTAS.items()
            if codigos & self.codigos and (que == "campos" or self.sugerencias.get(que))
        ]

    @property
    def ejes_cambiados(self) -> bool:
        """Whether what is asked is only in which order the coordinates stand."""
        return self.preguntas[:1] == ["crs"] and "ejes_invertidos" in self.codigos

    @property
    def notas(self) -> list[dict[str, Any]]:
        """What is to be said of the file besides the questions that are asked."""
        preguntadas = set().union(*(PREGUNTAS[que] for que in self.preguntas))
        return [p for p in self.generales if p["codigo"] not in preguntadas or p["gravedad"] != "error"]

    @property
    def frase(self) -> str:
        """The first line: how many units, what would become of them, what must be looked at."""
        importacion, cuentas = self.importacion, self.cuentas
        nivel = _(importacion.nivel.nombre_plural)
        if importacion.estado == EstadoImportacion.FALLIDA and not self.informe:
            return _("No se pudo leer «%(archivo)s»") % {"archivo": importacion.archivo}
        if not self.informe:
            return importacion.archivo
        if self.preguntas:
            return _PREGUNTAS["ejes" if self.ejes_cambiados else self.preguntas[0]]()
        if not cuentas["todas"]:
            return _("No se pudo leer «%(archivo)s»") % {"archivo": importacion.archivo}
        partes = [
            ngettext("%(n)s nueva", "%(n)s nuevas", cuentas["nuevas"]),
            ngettext("%(n)s cambiada", "%(n)s cambiadas", cuentas["cambiadas"]),
            ngettext("%(n)s duda", "%(n)s dudas", cuentas["dudas"]),
        ]
        valores = [cuentas["nuevas"], cuentas["cambiadas"], cuentas["dudas"]]
        if cuentas["errores"]:
            partes.append(ngettext("%(n)s con error", "%(n)s con error", cuentas["errores"]))
            valores.append(cuentas["errores"])
        detalle = ", ".join(parte % {"n": miles(n)} for parte, n in zip(partes, valores, strict=True))
        return f"{miles(self.total)} {nivel}: {detalle}"

    @property
    def total(self) -> int:
        return int(self.informe.get("cuentas", {}).get("filas") or self.cuentas["todas"])

    @property
    def mudanzas(self) -> list[dict[str, Any]]:
        """Demands, projects and services that changed unit: what they are, how many, and the first of them."""
        totales = self.informe.get("mudanzas_totales", {})
        return [
            {
                "modelo": modelo.rsplit(".", 1)[-1].lower(),
                "total": totales.get(modelo, len(filas)),
                "primeras": filas[:MUDANZAS_A_LA_VISTA],
                "demas": filas[MUDANZAS_A_LA_VISTA:MUDANZAS_MOSTRADAS],
                "mostradas": MUDANZAS_MOSTRADAS,
            }
            for modelo, filas in self.informe.get("mudanzas", {}).items()
            if filas
        ]


_PREGUNTAS: dict[str, Callable[[], str]] = {
    "crs": lambda: _("Falta decir en qué sistema de coordenadas está el archivo"),
    "ejes": lambda: _("La latitud y la longitud parecen cambiadas"),
    "codificacion": lambda: _("Falta decir con qué letras se escribió el archivo"),
    "capas": lambda: _("El archivo tiene varias capas: falta decir cuál"),
    "campos": lambda: _("Falta decir qué campo trae el nombre o el código"),
}


def en_la_pagina(remedio: str) -> str:
    """A remedy that names an option of the command line, told with the words of the page."""
    return re.sub(r"--[a-z][a-z-]+|\ben_conflicto\b", lambda m: str(OPCIONES_EN_LA_PAGINA.get(m[0], m[0])), remedio)


def miles(n: float, decimales: int = 0) -> str:
    return number_format(round(n, decimales), decimales, force_grouping=True)


def superficie(m2: float) -> str:
    """An area as people say it: m² for plots, hectares for land, km² for countries of land."""
    if m2 < 10_000:
        return f"{miles(m2)} m²"
    return f"{miles(m2 / 10_000, 1)} ha" if m2 < 100_000_000 else f"{miles(m2 / 1_000_000, 1)} km²"


def _cambio(campo: str, antes: Any, despues: Any) -> str:
    if campo == "limite":
        nuevo = superficie(despues["m2"])
        if antes is None:
            return _("límite: no tenía, %(despues)s") % {"despues": nuevo}
        if not despues.get("diferencia_m2"):
            return _("límite: el mismo suelo, %(despues)s") % {"despues": nuevo}
        return _("límite: %(antes)s → %(despues)s; cambia de lado %(dif)s") % {
            "antes": superficie(antes["m2"]),
            "despues": nuevo,
            "dif": superficie(despues["diferencia_m2"]),
        }
    if campo == "punto":
        return _("punto: otro lugar") if antes else _("punto: no tenía")
    nombre = str(CAMPOS.get(campo, campo))
    return f"{nombre}: {antes if antes not in (None, '') else '–'} → {despues if despues not in (None, '') else '–'}"


def _peso(problema: dict[str, Any]) -> int:
    return {"error": 0, "aviso": 1}.get(problema["gravedad"], 2)
