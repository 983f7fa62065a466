"""The unit that a row of a table names: by code, or by name when the name is unique at its level."""

from collections import defaultdict
from dataclasses import dataclass, field

from territorio.fechas import hoy
from territorio.importacion.informe import Informe
from territorio.importacion.texto import a_codigo, normalizar
from territorio.models import Nivel, UnidadTerritorial


@dataclass
class Buscador:
    """Finds the units of a municipality (None: municipalities and what holds them); keeps count of what it found."""

    municipio: UnidadTerritorial | None
    informe: Informe
    nivel: Nivel | None = None
    # What becomes of a row whose unit is not found.
    sin_unidad: str = "la fila se carga sin ubicar"
    niveles: dict[str, Nivel] = field(default_factory=dict)
    _por_codigo: dict[tuple[int, str], UnidadTerritorial] = field(default_factory=dict)
    _por_nombre: dict[tuple[int, str], list[UnidadTerritorial]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        for nivel in Nivel.objects.all():
            for nombre in (nivel.codigo, nivel.nombre, nivel.nombre_plural):
                self.niveles[normalizar(nombre)] = nivel
        todas = UnidadTerritorial.objects.select_related("nivel")
        propias = todas.del_municipio(self.municipio) if self.municipio else todas.filter(municipio=None)
        for unidad in propias:
            self._por_codigo[unidad.nivel_id, unidad.codigo] = unidad
            self._por_nombre[unidad.nivel_id, normalizar(unidad.nombre)].append(unidad)
        self.informe.cuentas |= dict.fromkeys(("con_unidad", "unidad_ambigua", "unidad_desconocida", "sin_unidad"), 0)

    def hallar(self, nombrada: object, nivel_nombrado: object, *, fila: int, campo: str) -> UnidadTerritorial | None:
        """The unit; None, with a note by row, where the name says none or several. A unit of elsewhere is an error."""
        texto = a_codigo(nombrada)
        if not texto:
            self.informe.cuentas["sin_unidad"] += 1
            return None
        niveles = self._niveles(nivel_nombrado, fila)
        if niveles is None:
            return None
        halladas = [u for n in niveles if (u := self._por_codigo.get((n.pk, texto)))]
        if not halladas:
            halladas = [u for n in niveles for u in self._por_nombre.get((n.pk, normalizar(texto)), [])]
        if len(halladas) > 1:
            # A name passes on to the unit that came after: the one in existence is meant.
            halladas = [u for u in halladas if hoy() in u.vigencia] or halladas
        if len(halladas) == 1:
            self.informe.cuentas["con_unidad"] += 1
            return halladas[0]
        if halladas:
            self.informe.cuentas["unidad_ambigua"] += 1
            self.informe.aviso(
                f"«{texto}» es el nombre de {len(halladas)} unidades; {self.sin_unidad}.",
                f"Ponga el código: {', '.join(f'{u.codigo} ({u.padre or u.nivel})' for u in halladas[:6])}.",
                fila=fila,
                campo=campo,
                codigo="unidad_ambigua",
            )
            return None
        self._desconocida(texto, niveles, fila, campo)
        return None

    def por_codigo(self, codigo: str, nivel_nombrado: str | None) -> UnidadTerritorial | None:
        """The unit with this code, at the level named or, without one, at the import's own or the only level that has it."""
        if nivel_nombrado:
            nivel = self.niveles.get(normalizar(nivel_nombrado))
            return self._por_codigo.get((nivel.pk, codigo)) if nivel else None
        if self.nivel is not None:
            return self._por_codigo.get((self.nivel.pk, codigo))
        halladas = [u for (_nivel, propio), u in self._por_codigo.items() if propio == codigo]
        return halladas[0] if len(halladas) == 1 else None

    def _niveles(self, nombrado: object, fila: int) -> list[Nivel] | None:
        if a_codigo(nombrado):
            nivel = self.niveles.get(normalizar(nombrado))
            if nivel is None:
                self.informe.error(
                    f"no existe el nivel «{nombrado}».",
                    "Use el código de un nivel: comunidad, otb, distrito…",
                    fila=fila,
                    campo="nivel",
                    codigo="nivel_desconocido",
                )
                return None
            return [nivel]
        if self.nivel is not None:
            return [self.nivel]
        return [n for n in dict.fromkeys(self.niveles.values()) if any(clave[0] == n.pk for clave in self._por_codigo)]

    def _desconocida(self, texto: str, niveles: list[Nivel], fila: int, campo: str) -> None:
        ajena = (
            UnidadTerritorial.objects.filter(codigo=texto, nivel__in=niveles)
            .exclude(municipio=self.municipio)
            .exclude(municipio=None)
            .select_related("municipio")
            .first()
            if self.municipio and len(texto) > 6 and texto[:6].isdecimal()
            else None
        )
        if ajena is not None:
            self.informe.error(
                f"«{texto}» es {ajena.nombre}, del municipio {ajena.municipio.nombre}.",
                f"Quite la fila o cárguela con --municipio {ajena.municipio.codigo}.",
                fila=fila,
                campo=campo,
                codigo="de_otro_municipio",
            )
            return
        self.informe.cuentas["unidad_desconocida"] += 1
        donde = f"en {self.municipio.nombre}" if self.municipio else "entre las cargadas"
        self.informe.aviso(
            f"no hay unidad «{texto}» {donde}; {self.sin_unidad}.",
            "Corrija el nombre, o use el código.",
            fila=fila,
            campo=campo,
            codigo="unidad_desconocida",
        )
