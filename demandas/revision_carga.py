"""The report of a file of demands as a person goes through it: its first line, what must be answered, its rows."""

from collections import defaultdict
from functools import cached_property
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from demandas.models import CargaDeDemandas, EstadoCarga, Grupo

# What a remedy calls an option of the command line, and what is done on the page instead.
EN_LA_PAGINA = {
    "--capa": gettext_lazy("Elija abajo cuál."),
    "--codificacion": gettext_lazy("Elija abajo la que se lee bien."),
    "--columnas": gettext_lazy("Dígalo abajo, en «Qué es cada columna»."),
    "--crs": gettext_lazy("Guárdelo en grados (WGS 84) o con su sistema de coordenadas, y súbalo otra vez."),
    "--municipio": gettext_lazy("Quite la fila, o súbala en su municipio."),
}
PREGUNTAS = {
    "capas": {"varias_hojas", "varias_capas"},
    "codificacion": {"sin_codificacion", "codificacion"},
    "columnas": {"sin_titulo", "columna_desconocida", "destino_desconocido", "destino_repetido"},
    "crs": {"sin_crs"},
}
CAMPOS = {
    "titulo": gettext_lazy("título"),
    "descripcion": gettext_lazy("descripción"),
    "proponente_id": gettext_lazy("unidad"),
    "sector_id": gettext_lazy("sector"),
    "grupo": gettext_lazy("grupo"),
    "beneficiarias_mujeres": gettext_lazy("mujeres"),
    "beneficiarios_hombres": gettext_lazy("hombres"),
    "costo_estimado": gettext_lazy("costo"),
    "evento_id": gettext_lazy("evento"),
    "publicada": gettext_lazy("publicada"),
}
SIN_LUGAR = {"sin_unidad", "unidad_desconocida", "unidad_ambigua"}
VER = ("todas", "errores", "avisos", "nuevas", "cambiadas", "iguales", "omitidas")


class FilaRevisada:
    """A row of the report with its problems and whether it would be loaded."""

    def __init__(self, dicha: dict[str, Any], problemas: list[dict[str, Any]], omitida: bool) -> None:
        self.numero, self.codigo, self.titulo = dicha["numero"], dicha["codigo"], dicha["titulo"]
        self.unidad, self.sector, self.demanda = dicha["unidad"], dicha["sector"], dicha["demanda"]
        self.grupo = Grupo(dicha["grupo"]).label if dicha["grupo"] in Grupo.values else ""
        self.estado, self.cambios = dicha["estado"], dicha["cambios"]
        self.problemas, self.omitida = problemas, omitida

    @property
    def con_error(self) -> bool:
        return any(p["gravedad"] == "error" for p in self.problemas)

    @property
    def con_aviso(self) -> bool:
        return any(p["gravedad"] == "aviso" for p in self.problemas)

    @property
    def en_palabras(self) -> list[str]:
        """Each change as «field: before → after»."""
        return [
            f"{CAMPOS.get(campo, campo.replace('_', ' '))}: {antes or '–'} → {despues or '–'}"
            for campo, (antes, despues) in self.cambios.items()
        ]


class RevisionDeCarga:
    def __init__(self, carga: CargaDeDemandas) -> None:
        self.carga, self.informe = carga, carga.informe
        self.omitidas = set(carga.omitidas)

    @cached_property
    def _todas(self) -> list[FilaRevisada]:
        por_fila = defaultdict(list)
        for problema in self.informe.get("problemas", []):
            por_fila[problema["fila"]].append(_en_la_pagina(problema))
        return [
            FilaRevisada(f, por_fila.get(f["numero"], []), f["numero"] in self.omitidas)
            for f in self.informe.get("filas", [])
        ]

    @cached_property
    def notas(self) -> list[dict[str, Any]]:
        """Problems of the file as a whole, and of lines that are no row."""
        conocidas = {f["numero"] for f in self.informe.get("filas", [])}
        sueltos = (p for p in self.informe.get("problemas", []) if p["fila"] not in conocidas)
        return [_en_la_pagina(p) for p in sueltos]

    def filas(self, ver: str = "todas") -> list[FilaRevisada]:
        return [f for f in self._todas if _se_ve(f, ver)]

    @cached_property
    def cuentas(self) -> dict[str, int]:
        return {ver: len(self.filas(ver)) for ver in VER}

    @cached_property
    def filtros(self) -> list[tuple[str, str, int]]:
        nombres = {
            "todas": _("todas"), "errores": _("con error"), "avisos": _("con aviso"), "nuevas": _("nuevas"),
            "cambiadas": _("cambiadas"), "iguales": _("iguales"), "omitidas": _("no se cargan"),
        }  # fmt: skip
        return [(ver, nombres[ver], self.cuentas[ver]) for ver in VER if self.cuentas[ver]]

    @cached_property
    def preguntas(self) -> list[str]:
        """What must be answered before the file can be read."""
        codigos = {p["codigo"] for p in self.informe.get("problemas", []) if p["gravedad"] == "error"}
        return [que for que, suyos in PREGUNTAS.items() if suyos & codigos and self.sugerencias.get(que)]

    @property
    def sugerencias(self) -> dict[str, Any]:
        return self.informe.get("sugerencias", {})

    @property
    def columnas(self) -> list[tuple[str, str]]:
        """Each column of the file and which field it was taken for."""
        tomadas = self.informe.get("campos", {})
        return [(columna, tomadas.get(columna, "")) for columna in self.sugerencias.get("columnas", [])]

    @property
    def sectores(self) -> list[dict[str, Any]]:
        """Words that are no sector, less those whose rows were all left out."""
        return [s for s in self.sugerencias.get("sectores", []) if set(s["filas"]) - self.omitidas]

    @property
    def se_cargan(self) -> dict[str, int]:
        quedan = [f for f in self._todas if not f.omitida and not f.con_error]
        return {estado: sum(f.estado == estado for f in quedan) for estado in ("nueva", "cambiada")}

    @property
    def hallazgos(self) -> int:
        return self.informe.get("cuentas", {}).get("hallazgos_nuevos", 0)

    @property
    def hay_que_cargar(self) -> bool:
        return bool(sum(self.se_cargan.values()) or self.hallazgos)

    @property
    def errores_puestos(self) -> list[int]:
        """Rows with an error that are not left out yet."""
        return [f.numero for f in self._todas if f.con_error and not f.omitida]

    @property
    def solo_por_filas(self) -> bool:
        return bool(self.errores_puestos) and not any(p["gravedad"] == "error" for p in self.notas)

    @property
    def sin_ubicar(self) -> int:
        quedan = (f for f in self._todas if not f.omitida and f.estado in {"nueva", "cambiada"})
        return sum(any(p["codigo"] in SIN_LUGAR for p in f.problemas) for f in quedan)

    @property
    def frase(self) -> str:
        """What a person wants to know first."""
        n = self.cuentas["todas"]
        if not n:
            return self.carga.archivo
        partes = [ngettext("%(n)s demanda", "%(n)s demandas", n) % {"n": number_format(n)}]
        cuantas = [
            (self.cuentas["nuevas"], ngettext("%(n)s nueva", "%(n)s nuevas", self.cuentas["nuevas"])),
            (self.cuentas["cambiadas"], ngettext("%(n)s cambiada", "%(n)s cambiadas", self.cuentas["cambiadas"])),
            (self.cuentas["errores"], ngettext("%(n)s con error", "%(n)s con error", self.cuentas["errores"])),
            (self.cuentas["avisos"], ngettext("%(n)s con aviso", "%(n)s con avisos", self.cuentas["avisos"])),
        ]
        dichas = [frase % {"n": number_format(cuanto)} for cuanto, frase in cuantas if cuanto]
        return ": ".join([*partes, ", ".join(dichas or [_("todas iguales a lo guardado")])])

    @property
    def leido(self) -> list[tuple[str, str]]:
        nombres = {
            "formato": _("formato"),
            "capa": _("hoja o capa"),
            "codificacion": _("letras"),
            "envios": _("envíos"),
        }
        return [(nombres[c], v) for c, v in self.informe.get("lectura", {}).items() if c in nombres]

    @property
    def terminada(self) -> bool:
        return self.carga.estado == EstadoCarga.CARGADA


def _se_ve(fila: FilaRevisada, ver: str) -> bool:
    return {
        "todas": True,
        "errores": fila.con_error,
        "avisos": fila.con_aviso,
        "nuevas": fila.estado == "nueva",
        "cambiadas": fila.estado == "cambiada",
        "iguales": fila.estado == "igual",
        "omitidas": fila.omitida,
    }[ver]


def _en_la_pagina(problema: dict[str, Any]) -> dict[str, Any]:
    """The problem with a remedy that can be done here."""
    opcion = next((o for o in EN_LA_PAGINA if o in problema["remedio"]), None)
    return problema | {"remedio": EN_LA_PAGINA[opcion]} if opcion else problema
