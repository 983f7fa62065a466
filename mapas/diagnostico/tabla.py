"""The matrix as HTML. Written here because thousands of cells by template tags took most of the page's time."""

from collections.abc import Sequence
from itertools import groupby

from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from demandas.models import EstadoDemanda, Grupo
from demandas.querysets.diagnostico import TIPOS
from mapas.diagnostico.matriz import Celda, Comunidad, Dicho, Pedida
from mapas.nombres import en_su_idioma
from territorio.models import Sector, UnidadTerritorial


class Palabras:
    """What repeats in thousands of cells, translated once."""

    def __init__(self) -> None:
        self.grupos = {valor: str(nombre) for valor, nombre in Grupo.choices}
        self.estados = {valor: str(nombre) for valor, nombre in EstadoDemanda.choices}
        self.columnas = [_("Problemas"), _("Potencialidades"), _("Limitaciones"), _("Aspiraciones")]
        self.demandas, self.sector, self.sin_sector = _("Demandas"), _("Sector"), _("sin sector")
        self.sin_hallazgo = _("sin hallazgo que la explique")
        self.nada = '<span class="nada">–</span>'
        # One address of each kind, to be filled in: reversing thousands takes longer than reading them.
        self.de_demanda = reverse("paginas:demanda", args=[0]).replace("/0/", "/%d/")
        self.de_comunidad = reverse("demandas:autodiagnostico", args=[0]).replace("/0/", "/%d/")


def matriz_html(comunidades: Sequence[Comunidad]) -> SafeString:
    """A heading for each district, and in it a table for each community."""
    p = Palabras()
    partes = []
    for distrito, suyas in groupby(comunidades, key=lambda c: c.distrito):
        partes.append(f"<h2>{escape(distrito or _('Sin distrito'))}</h2>")
        partes += [_comunidad(c, p) for c in suyas]
    return mark_safe("".join(partes))  # noqa: S308  (every value is escaped)


def _comunidad(comunidad: Comunidad, p: Palabras) -> str:
    unidad = comunidad.unidad
    nombre = escape(unidad.nombre)
    encabezado = "".join(f'<th scope="col">{c}</th>' for c in (p.sector, *p.columnas, p.demandas))
    filas = "".join(_fila(celda, p) for celda in comunidad.celdas)
    return (
        f'<section class="matriz-comunidad" aria-label="{nombre}"><h3><a href="{p.de_comunidad % unidad.pk}">{nombre}</a>'
        f' <span class="codigo">{escape(unidad.codigo)}</span></h3>'
        f'<div class="tabla-marco tabla-tarjetas" tabindex="0" role="group" aria-label="{nombre}">'
        f'<table class="table matriz"><thead><tr>{encabezado}</tr></thead><tbody>{filas}</tbody></table></div></section>'
    )


def _fila(celda: Celda, p: Palabras) -> str:
    sector = escape(en_su_idioma(celda.sector.nombre)) if celda.sector else p.sin_sector
    celdas = [
        _columna([_dicho(d, p) for d in celda.dichos[tipo]], titulo, p)
        for tipo, titulo in zip(TIPOS, p.columnas, strict=True)
    ]
    celdas.append(_columna([_pedida(d, p) for d in celda.demandas], p.demandas, p))
    return f'<tr><th scope="row" class="sector">{sector}</th>{"".join(celdas)}</tr>'


def _columna(dichos: list[str], titulo: str, p: Palabras) -> str:
    if not dichos:
        return f'<td class="vacia" data-col="{titulo}">{p.nada}</td>'
    return f'<td data-col="{titulo}"><ul>{"".join(dichos)}</ul></td>'


def _dicho(dicho: Dicho, p: Palabras) -> str:
    puesto = f"{dicho.puesto}.º · " if dicho.puesto else ""
    return f'<li>{escape(dicho.texto)} <span class="quien">{puesto}{p.grupos[dicho.grupo]}</span></li>'


def _pedida(pedida: Pedida, p: Palabras) -> str:
    sin = "" if pedida.explicada else f" · {p.sin_hallazgo}"
    return (
        f'<li><a href="{p.de_demanda % pedida.pk}">{escape(pedida.titulo)}</a>'
        f' <span class="quien">{p.estados[pedida.estado]}{sin}</span></li>'
    )


def rejilla_html(
    sectores: Sequence[Sector | None], filas: Sequence[tuple[UnidadTerritorial, str, list[tuple[int, int]]]]
) -> SafeString:
    """Communities × sectors: how many findings, darker where there are more, and how many demands came with them."""
    p = Palabras()
    nombres = [en_su_idioma(s.nombre) if s else p.sin_sector for s in sectores]
    encabezado = "".join(f'<th scope="col" class="columna-sector">{escape(nombre)}</th>' for nombre in nombres)
    cuerpo = []
    for unidad, distrito, cuentas in filas:
        celdas = "".join(_cuenta(n, demandas) for n, demandas in cuentas)
        cuerpo.append(
            f'<tr><th scope="row"><a href="{p.de_comunidad % unidad.pk}">{escape(unidad.nombre)}</a>'
            f' <span class="codigo">{escape(distrito)}</span></th>{celdas}'
            f'<td class="suma">{sum(n for n, _d in cuentas)}</td></tr>'
        )
    columnas = zip(*(cuentas for _u, _d, cuentas in filas), strict=True) if filas else []
    pie = "".join(f"<td>{sum(n for n, _d in columna)}</td>" for columna in columnas)
    todos = sum(n for _u, _d, cuentas in filas for n, _demandas in cuentas)
    return mark_safe(  # noqa: S308  (every value is escaped)
        f'<table class="table rejilla"><thead><tr><th scope="col">{escape(_("Comunidad"))}</th>{encabezado}'
        f'<th scope="col">{escape(_("Total"))}</th></tr></thead><tbody>{"".join(cuerpo)}</tbody>'
        f'<tfoot><tr><th scope="row">{escape(_("Total"))}</th>{pie}<td class="suma">{todos}</td></tr></tfoot></table>'
    )


def _cuenta(n: int, demandas: int) -> str:
    if not n and not demandas:
        return '<td class="n0"><span class="nada">·</span></td>'
    marca = f' <span class="pide">+{demandas}</span>' if demandas else ""
    return f'<td class="n{min(n, 5)}">{n}{marca}</td>'
