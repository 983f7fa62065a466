"""What a page or an endpoint is asked: the query string, read once, checked, and written back as a link."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import Count, Exists, OuterRef, Q
from django.http import QueryDict
from django.utils.translation import gettext as _

from cuentas.guardia.parametros import ParametroInvalido
from demandas.models import Demanda, Grupo
from mapas.nombres import en_su_idioma
from proyectos.models import PDM, POA, Proyecto
from territorio.fechas import FechaInvalida, al, hoy, leer_dia
from territorio.models import Equipamiento, Municipio, Nivel, Poblacion, Sector, UnidadTerritorial
from territorio.pasado import como_era

PARAMETROS = ("municipio", "nivel", "sector", "tipo", "grupo", "otro", "gestion", "pdm", "metros", "medida", "fecha")
MEDIDAS_DEMANDA = ("demandas", "por_mil")
MEDIDAS_BRECHAS = ("pdm", "poa")
METROS_MAXIMOS = 50_000
# How far is far, where the reader does not say; and the sectors whose services are asked about first.
LEJOS = 5_000
SECTORES_DE_SERVICIOS = ("20", "21", "11")


class FiltroInvalido(ParametroInvalido):
    """A filter of a view that cannot be; the message says which and what may stand there."""


class SinMunicipio(Exception):
    """There is no municipality yet: the page says how to load one."""


@dataclass(frozen=True)
class Vista:
    """A view: its filters, checked, and what each may be changed to."""

    pregunta: str
    municipio: UnidadTerritorial
    nivel: Nivel
    usuario: AbstractBaseUser | Any
    sector: Sector | None = None
    tipo: str = ""
    grupo: str = ""
    otro: str = ""
    gestion: int | None = None
    pdm: PDM | None = None
    censo: int | None = None
    metros: int = 0
    medida: str = ""
    niveles: list[Nivel] = field(default_factory=list, compare=False)
    fecha: date | None = None

    @property
    def opciones(self) -> dict[str, list[tuple[str, str, bool]]]:
        """Choices of each filter that this question takes: (value, label, chosen)."""
        opciones = {
            "municipio": [
                (m.codigo, f"{m.nombre} ({m.codigo})", m == self.municipio) for m in municipios_a_elegir(self.municipio)
            ],
            "nivel": [(n.codigo, en_su_idioma(n.nombre_plural), n == self.nivel) for n in self.niveles],
            "sector": [("", _("Todos los sectores"), self.sector is None)]
            + [(s.codigo, en_su_idioma(s.nombre), s == self.sector) for s in _sectores(self.municipio)],
        }
        if self.pregunta == "servicios":
            opciones |= self._opciones_de_servicios()
        if self.pregunta in {"demanda", "cobertura-pdm", "diagnostico"}:
            opciones["grupo"] = [("", _("Todos los grupos"), not self.grupo)] + [
                (valor, str(etiqueta), valor == self.grupo) for valor, etiqueta in Grupo.choices
            ]
        if self.pregunta == "demanda":
            opciones["medida"] = [
                ("demandas", _("Número de demandas"), self.medida == "demandas"),
                ("por_mil", _("Por 1.000 habitantes"), self.medida == "por_mil"),
            ]
        if self.pregunta == "brechas":
            opciones |= self._opciones_de_brechas()
        if self.pregunta in {"cobertura-pdm", "desatendidas", "brechas"}:
            planes = PDM.objects.visibles_para(self.usuario).del_municipio(self.municipio)
            todos = [("", _("Cualquier plan"), self.pdm is None)] if self.pregunta == "desatendidas" else []
            opciones["pdm"] = todos + [(plan.periodo, plan.nombre, plan == self.pdm) for plan in planes]
        if self.pregunta in {"ejecucion-poa", "desatendidas", "brechas"}:
            todas = [("", _("Todas las gestiones"), self.gestion is None)] if self.pregunta != "ejecucion-poa" else []
            opciones["gestion"] = todas + [
                (str(poa.gestion), str(poa.gestion), poa.gestion == self.gestion)
                for poa in POA.objects.visibles_para(self.usuario).del_municipio(self.municipio)
            ]
        if self.pregunta == "desatendidas":
            opciones["metros"] = [
                (str(m), etiqueta, m == self.metros)
                for m, etiqueta in (
                    (0, _("Solo lo que está en la unidad")),
                    (500, _("Hasta 500 m")),
                    (1000, _("Hasta 1 km")),
                    (5000, _("Hasta 5 km")),
                )
            ]
        return opciones

    def _opciones_de_brechas(self) -> dict[str, list[tuple[str, str, bool]]]:
        return {
            "grupo": [(valor, str(etiqueta), valor == self.grupo) for valor, etiqueta in Grupo.choices],
            "otro": [("", _("Ninguno"), not self.otro)]
            + [(valor, str(nombre), valor == self.otro) for valor, nombre in Grupo.choices if valor != self.grupo],
            "medida": [
                ("pdm", _("Lo que llegó al PDM"), self.medida == "pdm"),
                ("poa", _("Lo que llegó al POA"), self.medida == "poa"),
            ],
        }

    def _opciones_de_servicios(self) -> dict[str, list[tuple[str, str, bool]]]:
        sectores = Sector.objects.filter(pk__in=Equipamiento.objects.order_by().values("sector"))
        tipos = self.con(tipo="").equipamientos.order_by("tipo").values_list("tipo", flat=True).distinct()
        return {
            "sector": [(s.codigo, en_su_idioma(s.nombre), s == self.sector) for s in sectores],
            "tipo": [("", _("Cualquier tipo"), not self.tipo)] + [(tipo, tipo, tipo == self.tipo) for tipo in tipos],
            "metros": [
                (str(m), _("Lejos: más de %(km)s km") % {"km": m // 1000}, m == self.metros)
                for m in sorted({1000, 2000, LEJOS, 10_000, max(self.metros // 1000, 1) * 1000})
            ],
        }

    def parametros(self) -> dict[str, str]:
        """The filters as a query string holds them; what is at its default is left out."""
        valores = {
            "municipio": self.municipio.codigo,
            "nivel": self.nivel.codigo,
            "sector": self.sector.codigo if self.sector else "",
            "tipo": self.tipo,
            "grupo": self.grupo,
            "otro": self.otro,
            "gestion": str(self.gestion or ""),
            "pdm": self.pdm.periodo if self.pdm else "",
            "metros": str(self.metros or ""),
            "medida": self.medida if self.medida not in {"demandas", "pdm"} else "",
            "fecha": self.fecha.isoformat() if self.fecha else "",
        }
        return {clave: valor for clave, valor in valores.items() if valor}

    def query(self, **cambios: object) -> str:
        """The view as a query string, with some filters changed (None or "" takes one away)."""
        valores = {
            **self.parametros(),
            **{clave: "" if valor is None else str(valor) for clave, valor in cambios.items()},
        }
        return urlencode({clave: valor for clave, valor in valores.items() if valor})

    def con(self, **cambios: Any) -> "Vista":
        return replace(self, **cambios)

    @contextmanager
    def en_su_dia(self) -> Iterator[None]:
        """Within the block everything is asked as of the view's day; what answers must be complete before it ends."""
        with como_era(self.municipio, self.fecha):
            if self.fecha:
                self.municipio.refresh_from_db(fields=["nombre"])
            yield

    @property
    def unidades(self):
        """The units of the level asked for that exist on the view's day."""
        return UnidadTerritorial.objects.del_municipio(self.municipio).filter(nivel=self.nivel).vigentes()

    @property
    def demandas(self):
        """The demands that the user may see, of this municipality, sector and group."""
        demandas = Demanda.objects.visibles_para(self.usuario).del_municipio(self.municipio).propias()
        if self.sector:
            demandas = demandas.de_sector(self.sector.codigo)
        return demandas.de(grupo=self.grupo) if self.grupo else demandas

    @property
    def equipamientos(self):
        """The services of this municipality, sector and kind, whether they work or not."""
        equipamientos = Equipamiento.objects.del_municipio(self.municipio)
        if self.sector:
            equipamientos = equipamientos.de_sector(self.sector.codigo)
        return equipamientos.de_tipo(self.tipo) if self.tipo else equipamientos

    @property
    def proyectos(self):
        proyectos = Proyecto.objects.visibles_para(self.usuario).del_municipio(self.municipio)
        return proyectos.de_sector(self.sector.codigo) if self.sector else proyectos


def vista_de(parametros: QueryDict, usuario, *, pregunta: str) -> Vista:
    """Read and check the query string of one of the four questions. Raises `FiltroInvalido` or `SinMunicipio`."""
    fecha = fecha_de(parametros)
    with al(fecha):
        return _vista(parametros, usuario, pregunta, fecha)


def fecha_de(parametros: Mapping[str, str]) -> date | None:
    """The past day asked for; None is today."""
    try:
        return leer_dia(parametros.get("fecha", ""))
    except FechaInvalida as e:
        raise FiltroInvalido(str(e), "fecha") from e


def _vista(parametros: QueryDict, usuario, pregunta: str, fecha: date | None) -> Vista:
    municipio = _municipio(parametros.get("municipio", ""), usuario)
    niveles = list(
        Nivel.objects.filter(Q(unidades__municipio=municipio) | Q(codigo="municipio"))
        .distinct()
        .order_by("orden", "codigo")
    )
    medidas = {"demanda": MEDIDAS_DEMANDA, "brechas": MEDIDAS_BRECHAS}.get(pregunta, ())
    medida = _uno_de(parametros.get("medida", "") or medidas[0], medidas, "medida") if medidas else ""
    grupo = _uno_de(parametros.get("grupo", ""), ["", *Grupo.values], "grupo")
    otro = _uno_de(parametros.get("otro", ""), ["", *Grupo.values], "otro") if pregunta == "brechas" else ""
    if pregunta == "brechas":
        grupo = grupo or Grupo.MUJERES.value
    return Vista(
        pregunta=pregunta,
        municipio=municipio,
        nivel=_nivel(parametros.get("nivel", ""), niveles, municipio, pregunta),
        usuario=usuario,
        sector=_sector(parametros.get("sector", "")) or (_sector_de_servicios() if pregunta == "servicios" else None),
        tipo=_tipo(parametros.get("tipo", "")) if pregunta == "servicios" else "",
        grupo=grupo,
        otro=otro if otro != grupo else "",
        gestion=_gestion(parametros.get("gestion", ""), municipio, usuario, obligatoria=pregunta == "ejecucion-poa"),
        pdm=_pdm(parametros.get("pdm", ""), municipio, usuario, obligatorio=pregunta in {"cobertura-pdm", "brechas"}),
        censo=Poblacion.objects.ultimo_censo(municipio),
        metros=_metros(parametros.get("metros", "")) or (LEJOS if pregunta == "servicios" else 0),
        medida=medida,
        niveles=niveles,
        fecha=fecha,
    )


def municipios_con_datos():
    """Municipalities that have more than their own limit: units, demands or projects."""
    # Units and projects are few: read once into a hash. Demands may be a million: asked by index, and only where needed.
    return Municipio.objects.select_related("nivel").filter(
        Q(pk__in=UnidadTerritorial.objects.filter(municipio__isnull=False).order_by().values("municipio"))
        | Q(pk__in=Proyecto.objects.order_by().values("municipio"))
        | Exists(Demanda.objects.filter(municipio=OuterRef("pk")))
    )


def municipios_a_elegir(actual: UnidadTerritorial) -> list[UnidadTerritorial]:
    elegibles = list(municipios_con_datos().order_by("nombre"))
    return elegibles if actual in elegibles else [actual, *elegibles]


def municipio_por_defecto(usuario) -> UnidadTerritorial:
    """The user's own municipality; else the one with most to show. Raises `SinMunicipio` on an empty database."""
    if usuario.is_authenticated:
        propio = Municipio.objects.filter(membresias__usuario=usuario).order_by("codigo").first()
        if propio is not None:
            return propio
    propios = {"municipio": OuterRef("pk")}
    con_datos = municipios_con_datos().annotate(
        con_proyectos=Exists(Proyecto.objects.filter(**propios)),
        con_demandas=Exists(Demanda.objects.filter(**propios)),
        cuantas=Count("unidades_del_municipio"),
    )
    elegido = con_datos.order_by("-con_proyectos", "-con_demandas", "-cuantas", "codigo").first()
    elegido = elegido or Municipio.objects.order_by("codigo").first()
    if elegido is None:
        raise SinMunicipio
    return elegido


def _municipio(codigo: str, usuario) -> UnidadTerritorial:
    if not codigo:
        return municipio_por_defecto(usuario)
    municipio = Municipio.objects.select_related("nivel").filter(codigo=_limpio(codigo)).first()
    if municipio is None:
        raise FiltroInvalido(
            _("No hay un municipio con el código «%(codigo)s».") % {"codigo": codigo[:40]}, "municipio"
        )
    return municipio


def _nivel(codigo: str, niveles: list[Nivel], municipio, pregunta: str) -> Nivel:
    if codigo:
        elegido = next((nivel for nivel in niveles if nivel.codigo == codigo), None)
        if elegido is None:
            raise FiltroInvalido(
                _("%(municipio)s no tiene unidades del nivel «%(nivel)s». Tiene: %(hay)s.")
                % {"municipio": municipio.nombre, "nivel": codigo[:40], "hay": ", ".join(n.codigo for n in niveles)},
                "nivel",
            )
        return elegido
    if pregunta in {"desatendidas", "servicios", "diagnostico"}:
        base = (
            UnidadTerritorial.objects.base()
            .filter(municipio=municipio)
            .order_by()
            .values("nivel")
            .annotate(cuantas=Count("pk"))
            .order_by("-cuantas")
            .first()
        )
        if base:
            return next(nivel for nivel in niveles if nivel.pk == base["nivel"])
    preferidos = ["distrito", "macrodistrito", "canton"]
    for preferido in preferidos:
        if elegido := next((nivel for nivel in niveles if nivel.codigo == preferido), None):
            return elegido
    return niveles[1] if len(niveles) > 1 else niveles[0]


def _sector(codigo: str) -> Sector | None:
    if not codigo:
        return None
    sector = Sector.objects.filter(codigo=_limpio(codigo)).order_by("-vigencia").first()
    if sector is None:
        raise FiltroInvalido(_("No hay un sector con el código «%(codigo)s».") % {"codigo": codigo[:40]}, "sector")
    return sector


def _sector_de_servicios() -> Sector | None:
    """The first sector that has services loaded: health, education, water, else any."""
    con_servicios = {s.codigo: s for s in Sector.objects.filter(equipamientos__isnull=False).order_by("vigencia")}
    return next((con_servicios[c] for c in (*SECTORES_DE_SERVICIOS, *con_servicios) if c in con_servicios), None)


def _tipo(texto: str) -> str:
    if texto and not Equipamiento.objects.filter(tipo=_limpio(texto)).exists():
        raise FiltroInvalido(_("No hay equipamientos del tipo «%(tipo)s».") % {"tipo": texto[:40]}, "tipo")
    return texto


def _sectores(municipio) -> list[Sector]:
    """Sectors in use in the municipality; the whole catalogue of today where none is."""
    usados = Sector.objects.filter(
        Exists(Demanda.objects.filter(sector=OuterRef("pk"), municipio=municipio))
        | Exists(Proyecto.objects.filter(sector=OuterRef("pk"), municipio=municipio))
    )
    return list(usados) or list(Sector.objects.vigentes(hoy()))


def _gestion(texto: str, municipio, usuario, *, obligatoria: bool) -> int | None:
    poas = POA.objects.visibles_para(usuario).del_municipio(municipio)
    if not texto:
        return poas.values_list("gestion", flat=True).order_by("-gestion").first() if obligatoria else None
    if not (texto.isascii() and texto.isdecimal() and len(texto) == 4) or not 1990 <= int(texto) <= 2100:
        raise FiltroInvalido(_("La gestión «%(valor)s» no es un año.") % {"valor": texto[:40]}, "gestion")
    return int(texto)


def _pdm(texto: str, municipio, usuario, *, obligatorio: bool) -> PDM | None:
    planes = PDM.objects.visibles_para(usuario).del_municipio(municipio)
    if not texto:
        return planes.order_by("-desde").first() if obligatorio else None
    desde, _sep, hasta = texto.partition("-")
    plan = (
        planes.filter(desde=desde, hasta=hasta).first()
        if texto.isascii() and desde.isdecimal() and hasta.isdecimal() and len(texto) < 12
        else None
    )
    if plan is None:
        raise FiltroInvalido(
            _("No hay un PDM publicado del periodo «%(valor)s» en %(municipio)s.")
            % {"valor": texto[:40], "municipio": municipio.nombre},
            "pdm",
        )
    return plan


def _metros(texto: str) -> int:
    if not texto:
        return 0
    if not (texto.isascii() and texto.isdecimal()) or len(texto) > 6 or int(texto) > METROS_MAXIMOS:
        raise FiltroInvalido(_("«metros» va de 0 a 50000, sin decimales."), "metros")
    return int(texto)


def _uno_de(valor: str, permitidos, nombre: str) -> str:
    if valor not in permitidos:
        raise FiltroInvalido(
            _("«%(nombre)s» no puede ser «%(valor)s»; puede ser: %(permitidos)s.")
            % {"nombre": nombre, "valor": valor[:40], "permitidos": ", ".join(p for p in permitidos if p)},
            nombre,
        )
    return valor


def _limpio(texto: str) -> str:
    """Text that PostgreSQL can take: a NUL byte names nothing, and what follows it is no value either."""
    return "" if "\x00" in texto else texto[:80]
