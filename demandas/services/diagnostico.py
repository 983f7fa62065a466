"""What communities find, written down: findings with the rank each group gave, and the demands that come of them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Literal
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cuentas.permisos import exigir
from cuentas.versiones import exigir_version
from demandas.models import Demanda, DemandaHallazgo, Evento, Grupo, Hallazgo, TipoDeHallazgo
from demandas.permisos import HACER_DIAGNOSTICO, PUBLICAR_DIAGNOSTICO
from demandas.services.captura import registrar_demanda
from territorio.fechas import hoy
from territorio.models import Sector, UnidadTerritorial

CAMPOS = ("tipo", "grupo", "sector", "texto", "puesto", "evento")
LARGO_DEL_TITULO = 300
# In the plural, as sentences count them.
PLURALES = {
    TipoDeHallazgo.PROBLEMA: lambda n: ngettext("problema", "problemas", n),
    TipoDeHallazgo.POTENCIALIDAD: lambda n: ngettext("potencialidad", "potencialidades", n),
    TipoDeHallazgo.LIMITACION: lambda n: ngettext("limitación", "limitaciones", n),
    TipoDeHallazgo.ASPIRACION: lambda n: ngettext("aspiración", "aspiraciones", n),
}


class YaDioDemandas(Exception):
    """Demands came of the finding: it stays, so that they keep their reason."""


@transaction.atomic
def registrar_hallazgo(
    *,
    por,
    unidad: UnidadTerritorial,
    tipo: str,
    texto: str,
    grupo: str = Grupo.COMUNIDAD,
    sector: Sector | None = None,
    puesto: int | Literal["siguiente"] | None = None,
    evento: Evento | None = None,
    envio: UUID | None = None,
    publicado: bool = False,
) -> Hallazgo:
    """Record what a group of `unidad` found; the same `envio` again gives back what it recorded the first time.

    `puesto` is the rank that the group gave, "siguiente" the first that is free, None where it was not ranked.
    Raises `PermissionDenied`, and `ValidationError` field by field; a rank that another has is an error of `puesto`.
    """
    municipio = unidad.municipio_propio
    if municipio is None:
        raise ValidationError({"unidad": _("Lo que se halla es de una comunidad, o de otra unidad de un municipio.")})
    exigir(por, HACER_DIAGNOSTICO, municipio, unidad)
    _bloquear(unidad.pk)
    if envio is not None and (hecho := Hallazgo.objects.filter(envio=envio, municipio=municipio).first()):
        return hecho
    nuevo = Hallazgo(
        municipio=municipio, unidad=unidad, evento=evento, sector=sector, tipo=tipo, grupo=grupo, texto=texto.strip(),
        envio=envio, publicado=publicado,
    )  # fmt: skip
    if puesto == "siguiente":
        tomados = Hallazgo.objects.del_mismo_orden(nuevo).values_list("puesto", flat=True)
        puesto = primer_puesto_libre(tomados)
    nuevo.puesto = puesto
    _guardar(nuevo)
    return nuevo


@transaction.atomic
def corregir_hallazgo(*, por, hallazgo_id: int, version: int | str | None, cambios: Mapping[str, Any]) -> Hallazgo:
    """Change fields (`CAMPOS`) of a finding as it was read. Raises as `registrar_hallazgo`, and for its version."""
    uno = _bloqueado(por, hallazgo_id, version)
    for campo in CAMPOS:
        if campo in cambios:
            valor = cambios[campo]
            setattr(uno, campo, valor.strip() if isinstance(valor, str) else valor)
    _guardar(uno)
    uno.refresh_from_db(fields=["version"])
    return uno


@transaction.atomic
def borrar_hallazgo(*, por, hallazgo_id: int, version: int | str | None) -> None:
    """Take away a finding that was written by mistake. Raises `YaDioDemandas` where a demand came of it."""
    uno = _bloqueado(por, hallazgo_id, version)
    if demandas := list(Demanda.objects.filter(hallazgos=uno).order_by("codigo").values_list("codigo", flat=True)):
        raise YaDioDemandas(
            _("De «%(que)s» salieron demandas (%(cuales)s): quite antes el enlace.")
            % {"que": uno, "cuales": ", ".join(demandas[:5])}
        )
    uno.delete()


def hacer_demanda(
    *,
    por,
    hallazgo: Hallazgo,
    titulo: str,
    sector: Sector | None,
    grupo: str,
    envio: UUID,
    descripcion: str = "",
) -> Demanda:
    """A demand of the finding's unit that keeps where it comes from; the same `envio` again gives the same demand.

    Raises as `registrar_demanda`.
    """
    exigir(por, HACER_DIAGNOSTICO, hallazgo.municipio, hallazgo.unidad)
    del_taller = hallazgo.evento.fecha if hallazgo.evento and hallazgo.evento.fecha <= hoy() else None
    return registrar_demanda(
        por=por,
        municipio=hallazgo.municipio,
        envio=envio,
        titulo=titulo,
        descripcion=descripcion,
        proponente=hallazgo.unidad,
        sector=sector,
        grupo=grupo,
        fecha=del_taller,
        evento=hallazgo.evento,
        hallazgos=[hallazgo],
    )[0]


@transaction.atomic
def enlazar(*, por, hallazgo_id: int, demanda: Demanda) -> DemandaHallazgo:
    """Say that a demand that is there already comes of the finding; saying it twice changes nothing."""
    uno = Hallazgo.objects.select_for_update(of=("self",)).select_related("municipio", "unidad").get(pk=hallazgo_id)
    exigir(por, HACER_DIAGNOSTICO, uno.municipio, uno.unidad)
    if demanda.municipio_id != uno.municipio_id:
        raise ValidationError({"demanda": _("La demanda es de otro municipio.")})
    return DemandaHallazgo.objects.get_or_create(demanda=demanda, hallazgo=uno)[0]


@transaction.atomic
def desenlazar(*, por, hallazgo_id: int, demanda: Demanda) -> None:
    """Take back that the demand comes of the finding; both stay."""
    uno = Hallazgo.objects.select_for_update(of=("self",)).select_related("municipio", "unidad").get(pk=hallazgo_id)
    exigir(por, HACER_DIAGNOSTICO, uno.municipio, uno.unidad)
    DemandaHallazgo.objects.filter(demanda=demanda, hallazgo=uno).delete()


@transaction.atomic
def publicar_hallazgos(
    *, por, unidad: UnidadTerritorial, versiones: Mapping[int, int | str | None], publicar: bool = True
) -> int:
    """Publish what was found in `unidad`, or take it back: all that was on the page, each as it was read. How many changed.

    Raises `PermissionDenied`, `FaltaVersion`, `VersionVieja`, `Hallazgo.DoesNotExist`; then nothing is written.
    """
    exigir(por, PUBLICAR_DIAGNOSTICO, unidad.municipio_propio, unidad)
    if not versiones:
        raise ValidationError(_("No hay nada que publicar."))
    suyos = list(
        Hallazgo.objects.select_for_update(no_key=True).filter(unidad=unidad, pk__in=list(versiones)).order_by("pk")
    )
    if len(suyos) < len(versiones):
        raise Hallazgo.DoesNotExist
    for uno in suyos:
        exigir_version(leida=versiones[uno.pk], actual=uno.version, que=uno)
    cambian = [uno for uno in suyos if uno.publicado != publicar]
    for uno in cambian:
        uno.publicado = publicar
    Hallazgo.objects.bulk_update(cambian, ["publicado"])
    return len(cambian)


def huecos(hallazgos: Iterable[Hallazgo]) -> list[str]:
    """What the orders of these findings skip, in words: one line for each order that does not go 1, 2, 3 …"""
    ordenes: dict[tuple, set[int]] = defaultdict(set)
    for uno in hallazgos:
        if uno.puesto is not None:
            ordenes[uno.evento_id or 0, uno.tipo, uno.grupo].add(uno.puesto)
    dichos = []
    for (_evento, tipo, grupo), puestos in sorted(ordenes.items()):
        if faltan := [n for n in range(1, max(puestos)) if n not in puestos]:
            dichos.append(
                ngettext(
                    "Entre %(que)s de %(grupo)s falta el puesto %(cuales)s.",
                    "Entre %(que)s de %(grupo)s faltan los puestos %(cuales)s.",
                    len(faltan),
                )
                % {
                    "que": PLURALES[TipoDeHallazgo(tipo)](2),
                    "grupo": Grupo(grupo).label,
                    "cuales": ", ".join(map(str, faltan[:8])) + ("…" if len(faltan) > 8 else ""),
                }
            )
    return dichos


def primer_puesto_libre(puestos: Iterable[int | None]) -> int:
    tomados = set(puestos)
    return next(n for n in range(1, len(tomados) + 2) if n not in tomados)


def _bloqueado(por, hallazgo_id: int, version: int | str | None) -> Hallazgo:
    unidad_id = Hallazgo.objects.values_list("unidad", flat=True).get(pk=hallazgo_id)
    _bloquear(unidad_id)
    uno = Hallazgo.objects.select_for_update(of=("self",)).select_related("municipio", "unidad").get(pk=hallazgo_id)
    exigir(por, HACER_DIAGNOSTICO, uno.municipio, uno.unidad)
    exigir_version(leida=version, actual=uno.version, que=uno)
    return uno


def _bloquear(unidad_id: int) -> None:
    """Two who write in one community wait for each other: the order of its ranks is theirs together."""
    UnidadTerritorial.objects.select_for_update(no_key=True, of=("self",)).get(pk=unidad_id)


def _guardar(uno: Hallazgo) -> None:
    errores: dict[str, str] = {}
    if uno.evento is not None and (
        uno.evento.municipio_id != uno.municipio_id or uno.evento.unidad_id not in {uno.unidad_id, uno.unidad.padre_id}
    ):
        errores["evento"] = _("Ese taller es de otra comunidad.")
    if uno.puesto is not None:
        mismos = {p: texto for p, texto in Hallazgo.objects.del_mismo_orden(uno).values_list("puesto", "texto") if p}
        if uno.puesto in mismos:
            errores["puesto"] = _(
                "El puesto %(puesto)s de %(grupo)s ya lo tiene «%(otro)s». El primero libre es el %(libre)s."
            ) % {
                "puesto": uno.puesto,
                "grupo": Grupo(uno.grupo).label if uno.grupo in Grupo.values else uno.grupo,
                "otro": mismos[uno.puesto][:80],
                "libre": primer_puesto_libre(mismos),
            }
    if errores:
        raise ValidationError(errores)
    uno.full_clean()
    uno.save()
