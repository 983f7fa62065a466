"""Demands that are the same: one stays and the others are joined to it, each with its own history; and the way back."""

from typing import Any

from django.contrib.gis.geos import GEOSGeometry
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from cuentas.permisos import exigir
from cuentas.versiones import exigir_version
from demandas import llevar
from demandas.models import (
    BeneficiariosPorEdad,
    Demanda,
    DemandaHallazgo,
    EstadoDemanda,
    NoSonLaMisma,
    PasoDeDemanda,
    UnionDeDemandas,
)
from demandas.permisos import UNIR_DEMANDAS
from territorio.localizacion import localizar
from territorio.models.localizacion import GEOMETRIAS

E = EstadoDemanda
PERSONAS = ("beneficiarias_mujeres", "beneficiarios_hombres")
BENEFICIARIOS = ("queda", "se_une", "suma")
# What has gone further along its way is not joined to what has not.
CAMINO = (
    E.REGISTRADA,
    E.VALIDADA,
    E.PRIORIZADA_DISTRITO,
    E.PRIORIZADA_MUNICIPIO,
    E.INCORPORADA_PDM,
    E.PROGRAMADA,
    E.EJECUTADA,
)


class UnionImposible(Exception):
    """These two cannot be joined so; the message is Spanish, for people."""


@transaction.atomic
def unir(
    *,
    por,
    queda: Demanda,
    se_une: Demanda,
    version: int | str | None,
    version_se_une: int | str | None,
    beneficiarios: str,
    lugar: str = "queda",
    motivo: str = "",
) -> Demanda:
    """Join `se_une` to `queda`, both as they were read (`version`); gives back the one that stays.

    `beneficiarios` says whose people count from now on: those of `queda`, of `se_une`, or both added (`suma`); `lugar`,
    whose place. Files, ranks and steps stay with each. Findings and projects that answer go over.
    """
    if beneficiarios not in BENEFICIARIOS or lugar not in {"queda", "se_une"}:
        raise ValidationError(_("Diga a quiénes beneficia la demanda que queda, y dónde está."))
    queda, se_une = _dos(queda, se_une)
    exigir_version(leida=version, actual=queda.version, que=queda)
    exigir_version(leida=version_se_une, actual=se_une.version, que=se_une)
    for una in (queda, se_une):
        exigir(por, UNIR_DEMANDAS, una.municipio, una)
    _revisar(queda, se_une)
    union = UnionDeDemandas(demanda=se_une, queda=queda, estado_previo=se_une.estado, por=por)
    union.antes, union.despues = _tomar(queda, se_une, beneficiarios, lugar)
    union.llevado = {clave: portador.llevar(por, queda, se_une) for clave, portador in llevar.portadores().items()}
    if beneficiarios != "queda":
        union.llevado["edades"] = _edades(queda, se_une, sumar=beneficiarios == "suma")
    se_une.estado, se_une.unida_a = E.UNIDA, queda
    se_une.save(update_fields=["estado", "unida_a"])
    _anotar(
        se_une, union.estado_previo, E.UNIDA, por, motivo or _("Es la misma que «%(que)s».") % {"que": queda.codigo}
    )
    union.full_clean(exclude=["llevado", "antes", "despues"])
    union.save()
    localizar(Demanda.objects.filter(pk__in=[queda.pk, se_une.pk]))
    queda.refresh_from_db()
    return queda


@transaction.atomic
def separar(*, por, demanda: Demanda, version: int | str | None, motivo: str = "") -> Demanda:
    """Undo a join: the demand stands where it stood, and what went over comes back.

    What was changed since in the one that stayed is left as it is now.
    """
    se_une = Demanda.objects.select_for_update(of=("self",), no_key=True).select_related("municipio").get(pk=demanda.pk)
    exigir_version(leida=version, actual=se_une.version, que=se_une)
    union = UnionDeDemandas.objects.select_for_update(no_key=True).filter(demanda=se_une, separada=None).first()
    if union is None:
        raise UnionImposible(_("«%(que)s» no está unida a otra.") % {"que": se_une})
    queda = (
        Demanda.objects.select_for_update(of=("self",), no_key=True).select_related("municipio").get(pk=union.queda_id)
    )
    for una in (queda, se_une):
        exigir(por, UNIR_DEMANDAS, una.municipio, una)
    for clave, portador in llevar.portadores().items():
        portador.devolver(por, queda, se_une, union.llevado.get(clave, {}))
    _devolver_edades(queda, union.llevado.get("edades"))
    for campo, valor in union.antes.items():
        if _en_json(getattr(queda, campo)) == union.despues[campo]:
            setattr(queda, campo, _de_json(campo, valor))
    if union.antes:
        queda.save(update_fields=list(union.antes))
    se_une.estado, se_une.unida_a = union.estado_previo, None
    se_une.save(update_fields=["estado", "unida_a"])
    _anotar(
        se_une, E.UNIDA, union.estado_previo, por, motivo or _("No es la misma que «%(que)s».") % {"que": queda.codigo}
    )
    union.separada, union.separada_por = timezone.now(), por
    union.save(update_fields=["separada", "separada_por"])
    localizar(Demanda.objects.filter(pk__in=[queda.pk, se_une.pk]))
    se_une.refresh_from_db()
    return se_une


@transaction.atomic
def son_distintas(*, por, una: Demanda, otra: Demanda) -> NoSonLaMisma:
    """Remember that somebody looked at both and that they are two: they are not proposed again."""
    primera, segunda = _dos(una, otra)
    for demanda in (primera, segunda):
        exigir(por, UNIR_DEMANDAS, demanda.municipio, demanda)
    if primera.pk > segunda.pk:
        primera, segunda = segunda, primera
    par, _creado = NoSonLaMisma.objects.get_or_create(una=primera, otra=segunda, defaults={"por": por})
    return par


def _dos(una: Demanda, otra: Demanda) -> tuple[Demanda, Demanda]:
    """Both, locked in the same order whoever asks."""
    bloqueadas = {
        d.pk: d
        for d in Demanda.objects.select_for_update(of=("self",), no_key=True)
        .select_related("municipio")
        .filter(pk__in=[una.pk, otra.pk])
        .order_by("pk")
    }
    if len(bloqueadas) != 2:
        raise UnionImposible(_("Hacen falta dos demandas distintas."))
    return bloqueadas[una.pk], bloqueadas[otra.pk]


def _revisar(queda: Demanda, se_une: Demanda) -> None:
    if queda.municipio_id != se_une.municipio_id:
        raise UnionImposible(_("Son de dos municipios: cada uno responde por las suyas."))
    for una in (queda, se_une):
        if una.estado not in CAMINO:
            raise UnionImposible(
                _("«%(que)s» está %(estado)s: no se puede unir.") % {"que": una, "estado": una.get_estado_display()}
            )
    if CAMINO.index(E(se_une.estado)) > CAMINO.index(E(queda.estado)):
        raise UnionImposible(
            _("«%(que)s» llegó más lejos (%(estado)s): que quede ella.")
            % {"que": se_une, "estado": se_une.get_estado_display()}
        )
    if se_une.unidas.exists():
        raise UnionImposible(
            _("«%(que)s» tiene otras unidas a ella: que quede ella, o sepárelas antes.") % {"que": se_une}
        )


def _tomar(queda: Demanda, se_une: Demanda, beneficiarios: str, lugar: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give `queda` what was chosen of the other; its fields that changed, before and after."""
    nuevos: dict[str, Any] = {}
    if beneficiarios != "queda":
        for campo in PERSONAS:
            suyas, ajenas = getattr(queda, campo), getattr(se_une, campo)
            juntas = (suyas or 0) + (ajenas or 0) if suyas is not None or ajenas is not None else None
            nuevos[campo] = ajenas if beneficiarios == "se_une" else juntas
    if lugar == "se_une":
        nuevos |= {campo: getattr(se_une, campo) for campo in (*GEOMETRIAS, "proponente_id")}
    cambian = {campo: valor for campo, valor in nuevos.items() if getattr(queda, campo) != valor}
    antes = {campo: _en_json(getattr(queda, campo)) for campo in cambian}
    for campo, valor in cambian.items():
        setattr(queda, campo, valor)
    if cambian:
        queda.full_clean(validate_unique=False, validate_constraints=False)
        queda.save(update_fields=list(cambian))
    return antes, {campo: _en_json(valor) for campo, valor in cambian.items()}


def _edades(queda: Demanda, se_une: Demanda, *, sumar: bool) -> dict[str, Any]:
    """The ages that count from now on; what was and what is, to go back."""
    suyas = {(b.sexo, b.grupo_edad): b.personas for b in queda.beneficiarios_por_edad.all()}
    ajenas = {(b.sexo, b.grupo_edad): b.personas for b in se_une.beneficiarios_por_edad.all()}
    # Ages of one of two would no longer add up to the sum of both.
    nuevas = {}
    if not sumar:
        nuevas = ajenas
    elif suyas and ajenas:
        nuevas = {clave: suyas.get(clave, 0) + ajenas.get(clave, 0) for clave in suyas | ajenas}
    _poner_edades(queda, nuevas)
    return {"antes": _lista(suyas), "despues": _lista(nuevas)}


def _devolver_edades(queda: Demanda, llevado: dict[str, Any] | None) -> None:
    if llevado is None:
        return
    ahora = {(b.sexo, b.grupo_edad): b.personas for b in queda.beneficiarios_por_edad.all()}
    if _lista(ahora) == llevado["despues"]:
        _poner_edades(queda, {(sexo, edad): n for sexo, edad, n in llevado["antes"]})


def _poner_edades(demanda: Demanda, edades: dict[tuple[str, str], int]) -> None:
    demanda.beneficiarios_por_edad.all().delete()
    BeneficiariosPorEdad.objects.bulk_create(
        BeneficiariosPorEdad(demanda=demanda, sexo=sexo, grupo_edad=edad, personas=n)
        for (sexo, edad), n in edades.items()
    )


def _lista(edades: dict[tuple[str, str], int]) -> list[list[Any]]:
    return sorted([sexo, edad, n] for (sexo, edad), n in edades.items())


def _anotar(demanda: Demanda, desde: str, hacia: str, por, motivo: str) -> None:
    paso = PasoDeDemanda(demanda=demanda, desde=desde, hacia=hacia, motivo=motivo.strip()[:2000], por=por)
    paso.full_clean()
    paso.save()


def _en_json(valor: Any) -> Any:
    return valor.hexewkb.decode() if isinstance(valor, GEOSGeometry) else valor


def _de_json(campo: str, valor: Any) -> Any:
    return GEOSGeometry(valor) if campo in GEOMETRIAS and valor is not None else valor


@llevar.registrar("hallazgos")
class Hallazgos:
    """What communities found, and from which a demand came."""

    @staticmethod
    def llevar(por, queda: Demanda, se_une: Demanda) -> dict[str, list[int]]:
        suyos = set(se_une.origenes.values_list("hallazgo", flat=True))
        nuevos = suyos - set(queda.origenes.values_list("hallazgo", flat=True))
        DemandaHallazgo.objects.filter(demanda=se_une).delete()
        DemandaHallazgo.objects.bulk_create(DemandaHallazgo(demanda=queda, hallazgo_id=h) for h in sorted(nuevos))
        return {"suyos": sorted(suyos), "nuevos": sorted(nuevos)}

    @staticmethod
    def devolver(por, queda: Demanda, se_une: Demanda, llevado: dict[str, list[int]]) -> None:
        DemandaHallazgo.objects.filter(Q(demanda=queda, hallazgo__in=llevado.get("nuevos", []))).delete()
        DemandaHallazgo.objects.bulk_create(
            (DemandaHallazgo(demanda=se_une, hallazgo_id=h) for h in llevado.get("suyos", [])), ignore_conflicts=True
        )
