"""What a reader asks of the consolidated diagnosis: whose, of which sector, said by whom."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from cuentas.guardia.parametros import ParametroInvalido, uno_de
from demandas.models import Demanda, Grupo, Hallazgo
from mapas.listas import Filtro
from mapas.nombres import en_su_idioma
from territorio.models import Nivel, Sector, UnidadTerritorial

FILTROS = ("distrito", "nivel", "sector", "grupo")
VISTAS = ("matriz", "rejilla")
# Where demand of communities is put together, the usual one first.
REUNEN = ("distrito", "macrodistrito", "canton")


@dataclass(frozen=True)
class Pedido:
    """The filters, checked. `distrito` is a unit of the level where demand is put together."""

    municipio: UnidadTerritorial
    usuario: Any
    nivel_que_reune: Nivel
    distrito: UnidadTerritorial | None = None
    nivel: Nivel | None = None
    sector: Sector | None = None
    grupo: str = ""

    @property
    def visibles(self):
        """All findings of the municipality that the reader may see."""
        return Hallazgo.objects.visibles_para(self.usuario).del_municipio(self.municipio)

    @property
    def hallazgos(self):
        """Those that the filters leave."""
        hallazgos = self.visibles
        if self.sector:
            hallazgos = hallazgos.de_sector(self.sector.codigo)
        if self.grupo:
            hallazgos = hallazgos.de(grupo=self.grupo)
        if self.nivel:
            hallazgos = hallazgos.filter(unidad__nivel=self.nivel)
        return hallazgos.en(self.distrito) if self.distrito else hallazgos

    @property
    def demandas(self):
        """Demands in force that the filters leave."""
        demandas = Demanda.objects.visibles_para(self.usuario).del_municipio(self.municipio).propias().vigentes()
        if self.sector:
            demandas = demandas.de_sector(self.sector.codigo)
        return demandas.de(grupo=self.grupo) if self.grupo else demandas

    @property
    def unidades(self):
        """Communities and OTBs of today, and any other unit of which something was found."""
        de_alguna = Exists(self.visibles.order_by().filter(unidad=OuterRef("pk")))
        unidades = UnidadTerritorial.objects.del_municipio(self.municipio).filter(
            Q(pk__in=UnidadTerritorial.objects.base().filter(municipio=self.municipio).order_by().values("pk"))
            | de_alguna
        )
        if self.nivel:
            unidades = unidades.filter(nivel=self.nivel)
        return unidades.en(self.distrito) if self.distrito else unidades

    def query(self, **cambios: object) -> str:
        valores: dict[str, object] = {
            "municipio": self.municipio.codigo,
            "distrito": self.distrito.codigo if self.distrito else "",
            "nivel": self.nivel.codigo if self.nivel else "",
            "sector": self.sector.codigo if self.sector else "",
            "grupo": self.grupo,
            **cambios,
        }
        return urlencode({clave: valor for clave, valor in valores.items() if valor})

    @property
    def hay_filtros(self) -> bool:
        return bool(self.distrito or self.nivel or self.sector or self.grupo)

    def filtros(self) -> list[Filtro]:
        """The form: each filter with what it may be changed to."""
        del_municipio = UnidadTerritorial.objects.del_municipio(self.municipio)
        distritos = del_municipio.filter(nivel=self.nivel_que_reune).vigentes().order_by("codigo")
        niveles = Nivel.objects.filter(es_base=True, unidades__municipio=self.municipio).distinct().order_by("orden")
        sectores = Sector.objects.filter(
            Q(pk__in=self.visibles.order_by().values("sector")) | Q(pk__in=self.demandas_sin_filtro().values("sector"))
        ).order_by("codigo")
        todos = _("Todos")
        opciones = {
            "distrito": (
                en_su_idioma(self.nivel_que_reune.nombre).capitalize(),
                [(d.codigo, d.nombre, d == self.distrito) for d in distritos],
            ),
            "sector": (_("Sector"), [(s.codigo, en_su_idioma(s.nombre), s == self.sector) for s in sectores]),
            "grupo": (_("Quién lo dice"), [(v, str(e), v == self.grupo) for v, e in Grupo.choices]),
            "nivel": (_("Nivel"), [(n.codigo, en_su_idioma(n.nombre_plural), n == self.nivel) for n in niveles]),
        }
        return [Filtro(clave, nombre, todos, suyas) for clave, (nombre, suyas) in opciones.items()]

    def demandas_sin_filtro(self):
        return Demanda.objects.visibles_para(self.usuario).del_municipio(self.municipio).order_by()


def pedido_de(parametros: Mapping[str, str], municipio: UnidadTerritorial, usuario) -> Pedido:
    """Read and check the query string. Raises `ParametroInvalido`."""
    que_reune = _que_reune(municipio)
    return Pedido(
        municipio=municipio,
        usuario=usuario,
        nivel_que_reune=que_reune,
        distrito=_hallado(
            UnidadTerritorial.objects.del_municipio(municipio).filter(nivel=que_reune), parametros, "distrito"
        ),
        nivel=_hallado(Nivel.objects.filter(es_base=True), parametros, "nivel"),
        sector=_hallado(Sector.objects.order_by("-vigencia"), parametros, "sector"),
        grupo=uno_de(parametros.get("grupo", ""), Grupo.values, "grupo"),
    )


def _que_reune(municipio: UnidadTerritorial) -> Nivel:
    hay = {n.codigo: n for n in Nivel.objects.filter(unidades__municipio=municipio).distinct()}
    return next((hay[codigo] for codigo in REUNEN if codigo in hay), municipio.nivel)


def _hallado(filas, parametros: Mapping[str, str], clave: str):
    codigo = parametros.get(clave, "")
    if not codigo:
        return None
    hallada = filas.filter(codigo=codigo[:80]).first()
    if hallada is None:
        raise ParametroInvalido(
            _("No hay nada con el código «%(codigo)s» en «%(clave)s».") % {"codigo": codigo[:40], "clave": clave}, clave
        )
    return hallada
