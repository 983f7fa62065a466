"""Pages of demands that may be the same: the pairs, two side by side, and what is decided of them."""

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from cuentas.guardia.parametros import entero, pagina_pedida, parametros
from cuentas.permisos import exigir
from cuentas.versiones import FaltaVersion, VersionVieja
from demandas import parecidas
from demandas.models import Demanda
from demandas.permisos import UNIR_DEMANDAS
from demandas.services import union
from demandas.views.cargas import municipio_pedido

POR_PAGINA = 25


class FormularioUnion(forms.Form):
    """Which stays, whose people count from now on, whose place; and the versions that were read."""

    queda = forms.ChoiceField(
        label=gettext_lazy("¿Cuál queda?"),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Diga cuál de las dos queda.")},
    )
    beneficiarios = forms.ChoiceField(
        label=gettext_lazy("¿A quiénes beneficia la que queda?"),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Diga a quiénes beneficia: no se suman solos.")},
    )
    lugar = forms.ChoiceField(label=gettext_lazy("¿Dónde está?"), widget=forms.RadioSelect)
    version_una = forms.CharField(widget=forms.HiddenInput)
    version_otra = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, una: Demanda, otra: Demanda, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cada = [("una", f"{una.codigo} · {una.titulo}"), ("otra", f"{otra.codigo} · {otra.titulo}")]
        self.fields["queda"].choices = cada  # type: ignore[attr-defined]
        self.fields["beneficiarios"].choices = [  # type: ignore[attr-defined]
            ("una", _("los de %(codigo)s: %(n)s") % {"codigo": una.codigo, "n": _personas(una)}),
            ("otra", _("los de %(codigo)s: %(n)s") % {"codigo": otra.codigo, "n": _personas(otra)}),
            ("suma", _("los de las dos, que son otras personas: %(n)s") % {"n": _suma(una, otra)}),
        ]
        self.fields["lugar"].choices = [  # type: ignore[attr-defined]
            ("una", _("donde dice %(codigo)s") % {"codigo": una.codigo}),
            ("otra", _("donde dice %(codigo)s") % {"codigo": otra.codigo}),
        ]


def _personas(demanda: Demanda) -> str:
    return _("sin dato") if demanda.beneficiarios is None else str(demanda.beneficiarios)


def _suma(una: Demanda, otra: Demanda) -> str:
    if una.beneficiarios is None and otra.beneficiarios is None:
        return _("sin dato")
    return str((una.beneficiarios or 0) + (otra.beneficiarios or 0))


@login_required
@require_GET
@parametros("metros", "pagina")
def lista(request: HttpRequest) -> HttpResponse:
    """Pairs that may be the same demand, the most alike first."""
    municipio = municipio_pedido(request)
    exigir(request.user, UNIR_DEMANDAS, municipio)
    request.municipio = municipio  # type: ignore[attr-defined]
    metros = entero(request.GET.get("metros", ""), "metros", desde=0, hasta=20_000)
    metros = parecidas.METROS if metros is None else metros
    pares, total = parecidas.pares(municipio, metros=metros)
    pagina = Paginator(pares, POR_PAGINA).get_page(pagina_pedida(request))
    demandas = _completas({pk for par in pagina for pk in (par.una, par.otra)})
    contexto = {
        "municipio": municipio,
        "total": total,
        "metros": metros,
        "pagina": pagina,
        "filas": [(par, demandas[par.una], demandas[par.otra]) for par in pagina],
    }
    return render(request, "demandas/parecidas/lista.html", contexto)


@login_required
@parametros("con")
def unir(request: HttpRequest, pk: int) -> HttpResponse:
    """Two demands side by side with what differs, and their joining; without the other, those like this one."""
    una = _demanda(request, pk)
    codigo = request.GET.get("con", "").strip()
    otra = _la_otra(request, una, codigo)
    if otra is None:
        return _elegir(request, una, codigo)
    formulario = FormularioUnion(
        request.POST or None,
        una=una,
        otra=otra,
        initial={"lugar": "una", "version_una": una.version, "version_otra": otra.version},
    )
    if request.method == "POST" and formulario.is_valid() and (queda := _unir(request, formulario, una, otra)):
        messages.success(request, _("Se unieron. Esta es la que queda; cada una conserva su historia."))
        return redirect("paginas:demanda", pk=queda.pk)
    contexto = {"una": una, "otra": otra, "formulario": formulario, "comparadas": _comparar(una, otra)}
    return render(
        request, "demandas/parecidas/comparar.html", contexto, status=400 if request.method == "POST" else 200
    )


@login_required
@require_POST
def distintas(request: HttpRequest, pk: int) -> HttpResponse:
    """Remember that two demands are two."""
    una = _demanda(request, pk)
    otra = _la_otra(request, una, request.POST.get("con", ""))
    if otra is None:
        messages.error(request, _("Diga de qué otra demanda se trata."))
        return redirect("demandas:unir", pk=pk)
    union.son_distintas(por=request.user, una=una, otra=otra)
    messages.success(request, _("Anotado: son dos demandas distintas, y no se vuelven a proponer."))
    return redirect(f"{reverse('demandas:parecidas')}?municipio={una.municipio.codigo}")


@login_required
@require_POST
def separar(request: HttpRequest, pk: int) -> HttpResponse:
    """Undo a join."""
    demanda = _demanda(request, pk)
    try:
        union.separar(por=request.user, demanda=demanda, version=request.POST.get("version"))
        messages.success(request, _("Se separaron: cada una está como antes de unirlas."))
    except (union.UnionImposible, FaltaVersion, VersionVieja) as no:
        messages.error(request, str(no))
    return redirect("paginas:demanda", pk=pk)


def _demanda(request: HttpRequest, pk: int) -> Demanda:
    visibles = Demanda.objects.visibles_para(request.user)
    demanda = get_object_or_404(visibles.select_related("municipio__nivel", "proponente", "sector"), pk=pk)
    exigir(request.user, UNIR_DEMANDAS, demanda.municipio, demanda)
    request.municipio = demanda.municipio  # type: ignore[attr-defined]
    return demanda


def _la_otra(request: HttpRequest, una: Demanda, escrita: str) -> Demanda | None:
    """The other demand, by its number (a link) or its code (somebody wrote it)."""
    visibles = Demanda.objects.visibles_para(request.user).filter(municipio=una.municipio).exclude(pk=una.pk)
    visibles = visibles.select_related("municipio", "proponente", "sector")
    hallada = visibles.filter(codigo=escrita[:80]).first() if escrita else None
    if hallada is None and escrita.isascii() and escrita.isdecimal() and len(escrita) < 18:
        hallada = visibles.filter(pk=int(escrita)).first()
    return hallada


def _elegir(request: HttpRequest, una: Demanda, escrita: str) -> HttpResponse:
    pares, _total = parecidas.pares(una.municipio)
    suyos = [p for p in pares if una.pk in (p.una, p.otra)]
    otras = _completas({p.una if p.otra == una.pk else p.otra for p in suyos})
    halladas = [(p, otras[p.una if p.otra == una.pk else p.otra]) for p in suyos]
    contexto = {"una": una, "halladas": halladas, "escrita": escrita}
    return render(request, "demandas/parecidas/elegir.html", contexto, status=400 if escrita else 200)


def _unir(request: HttpRequest, formulario: FormularioUnion, una: Demanda, otra: Demanda) -> Demanda | None:
    """Do it; None where it cannot be, with the reason on the form."""
    dicho = formulario.cleaned_data
    queda, se_une = (una, otra) if dicho["queda"] == "una" else (otra, una)
    version = {una.pk: dicho["version_una"], otra.pk: dicho["version_otra"]}
    de_quien = {"suma": "suma", dicho["queda"]: "queda"}
    try:
        return union.unir(
            por=request.user,
            queda=queda,
            se_une=se_une,
            version=version[queda.pk],
            version_se_une=version[se_une.pk],
            beneficiarios=de_quien.get(dicho["beneficiarios"], "se_une"),
            lugar=de_quien.get(dicho["lugar"], "se_une"),
        )
    except (union.UnionImposible, FaltaVersion, VersionVieja) as no:
        formulario.add_error(None, str(no))
    except ValidationError as no:
        formulario.add_error(None, no)
    return None


def _completas(pks: set[int]) -> dict[int, Demanda]:
    demandas = Demanda.objects.filter(pk__in=pks).select_related("proponente", "sector").con_puesto()
    return {d.pk: d for d in demandas}


def _comparar(una: Demanda, otra: Demanda) -> list[tuple[str, str, str, bool]]:
    """What each says, field by field, and whether they differ."""
    filas = [(titulo, _dicho(valor(una)), _dicho(valor(otra))) for titulo, valor in _RENGLONES]
    return [(titulo, suya, ajena, suya != ajena) for titulo, suya, ajena in filas]


def _dicho(valor: Any) -> str:
    if valor in (None, ""):
        return "–"
    if isinstance(valor, date):
        return date_format(valor, "SHORT_DATE_FORMAT")
    return number_format(valor) if isinstance(valor, Decimal) else str(valor)


def _rangos(demanda: Demanda) -> str:
    return "; ".join(str(r) for r in demanda.rangos.all())


def _lugar(demanda: Demanda) -> str:
    if demanda.geometria is None:
        return ""
    centro = demanda.geometria.centroid
    que = {"Point": _("punto"), "MultiLineString": _("línea"), "MultiPolygon": _("área")}[demanda.geometria.geom_type]
    return f"{que} ({centro.y:.5f}; {centro.x:.5f})"


_RENGLONES = (
    (gettext_lazy("Título"), lambda d: d.titulo),
    (gettext_lazy("Detalle"), lambda d: d.descripcion),
    (gettext_lazy("Estado"), lambda d: d.get_estado_display()),
    (gettext_lazy("Unidad"), lambda d: d.proponente),
    (gettext_lazy("Sector"), lambda d: d.sector),
    (gettext_lazy("Grupo"), lambda d: d.get_grupo_display()),
    (gettext_lazy("Puestos"), _rangos),
    (gettext_lazy("Mujeres que se benefician"), lambda d: d.beneficiarias_mujeres),
    (gettext_lazy("Hombres que se benefician"), lambda d: d.beneficiarios_hombres),
    (gettext_lazy("Costo estimado (Bs)"), lambda d: d.costo_estimado),
    (gettext_lazy("Contraparte (Bs)"), lambda d: d.contraparte),
    (gettext_lazy("Madurez"), lambda d: d.get_madurez_display()),
    (gettext_lazy("Se pide desde"), lambda d: str(d.pedida_desde or "")),
    (gettext_lazy("Fecha"), lambda d: d.fecha),
    (gettext_lazy("Lugar propio"), _lugar),
    (gettext_lazy("Fuente"), lambda d: d.fuente),
)
