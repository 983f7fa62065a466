"""Runs of prioritisation: made from a view of the workbench, computed, proven from what they kept, approved by an act."""

import hashlib
import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from procrastinate.contrib.django.models import ProcrastinateJob

from cuentas.auditoria import en_nombre_de
from cuentas.permisos import exigir
from demandas import razones
from demandas.criterios import del_municipio
from demandas.mesa.cambios import cambios
from demandas.mesa.conjunto import Conjunto, reunir, reunir_otra_vez
from demandas.mesa.corrida import EN_VIVO, Corrida, correr, entrada_de, puntuar
from demandas.mesa.corrida import columnas_de as columnas
from demandas.mesa.montos import a_centimos, a_decimal
from demandas.mesa.pedido import Pedido, nivel_de_distritos
from demandas.models import (
    AlcanceDePriorizacion,
    Demanda,
    EstadoDemanda,
    EstadoPriorizacion,
    Evento,
    NotaDePriorizacion,
    Priorizacion,
    Regla,
    ResultadoDePriorizacion,
)
from demandas.permisos import COMENTAR_PRIORIZACION, GUARDAR_PRIORIZACION, PRIORIZAR_DEMANDA
from demandas.priorizacion import Detenida, NoSePuedePriorizar
from demandas.priorizacion.revision import revisar
from demandas.services.flujo import avanzar, exigir_reunion
from territorio.models import ClaseDeArchivo, UnidadTerritorial

E = EstadoPriorizacion
CERROJO = 0x5052494F  # first key of the advisory locks of runs; the second is the run's
SIN_LATIDO = timedelta(seconds=30)
# With so many demands a knapsack or equal shares are over before the reader looks away; with more, a job does it.
AL_MOMENTO = 500
SEGUNDOS_DE_ESPERA = 5.0
ALCANCES = {
    AlcanceDePriorizacion.DISTRITO: EstadoDemanda.PRIORIZADA_DISTRITO,
    AlcanceDePriorizacion.MUNICIPIO: EstadoDemanda.PRIORIZADA_MUNICIPIO,
}
registro = logging.getLogger(__name__)


class NoCorresponde(Exception):
    """The run is in a state that does not allow this; nothing was written."""


class CambiaronLasDemandas(Exception):
    """Demands of the run are not what it counted with; `cambios` says each."""

    def __init__(self, cambiadas: list[str]) -> None:
        super().__init__(_("Las demandas cambiaron después de calcular: haga una corrida nueva."))
        self.cambios = cambiadas


# --- made -------------------------------------------------------------------------------------------------------------
@transaction.atomic
def crear_corrida(*, por, pedido: Pedido, nombre: str, alcance: str = AlcanceDePriorizacion.MUNICIPIO) -> Priorizacion:
    """Keep a view of the workbench as a run, with every value that it counts with; small ones are computed at once.

    One that is of a district takes the district of the request. Raises `PermissionDenied`, `ValidationError` and, where
    the request makes no sense, `NoSePuedePriorizar`.
    """
    unidad = pedido.unidad if alcance == AlcanceDePriorizacion.DISTRITO else None
    exigir(por, GUARDAR_PRIORIZACION, pedido.municipio, unidad)
    if pedido.errores:
        raise ValidationError(dict(pedido.errores))
    if alcance == AlcanceDePriorizacion.DISTRITO and unidad is None:
        raise ValidationError({"alcance": _("Elija primero el distrito cuyas demandas se ordenan.")})
    conjunto = reunir(pedido, por, con_votos=pedido.regla == Regla.PARTES_IGUALES)
    revisar(entrada_de(pedido, conjunto, puntuar(conjunto, columnas(conjunto), pedido.pesos), pedido.regla))
    corrida = Priorizacion(
        municipio=pedido.municipio,
        nombre=nombre.strip(),
        alcance=alcance,
        unidad=unidad,
        regla=pedido.regla,
        techo=a_decimal(pedido.techo),
        parametros=pedido.guardado(),
        entradas=conjunto.guardado(),
        por=por,
    )
    corrida.huella = huella_de(corrida)
    if pedido.regla in EN_VIVO or len(conjunto.filas) <= AL_MOMENTO:
        corrida.full_clean(exclude=["resumen"])
        corrida.save()
        _guardar_resultado(corrida, correr(pedido, conjunto, segundos=SEGUNDOS_DE_ESPERA))
        return corrida
    return _encolar(corrida)


def _encolar(corrida: Priorizacion) -> Priorizacion:
    from demandas.tareas import calcular_priorizacion

    corrida.estado, corrida.mensaje, corrida.progreso = E.EN_COLA, "", 0
    corrida.trabajo = calcular_priorizacion.defer(uid=str(corrida.uid))
    corrida.full_clean(exclude=["resumen"])
    corrida.save()
    return corrida


def huella_de(corrida: Priorizacion) -> str:
    """SHA-256 of rule, ceiling, parameters and inputs: the same digest, the same result."""
    todo = {
        "regla": corrida.regla,
        "techo": a_centimos(corrida.techo),
        "parametros": corrida.parametros,
        "entradas": corrida.entradas,
    }
    texto = json.dumps(todo, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(texto.encode()).hexdigest()


def pedido_de(corrida: Priorizacion) -> Pedido:
    """What was asked for a stored run."""
    p = corrida.parametros
    return Pedido(
        municipio=corrida.municipio,
        criterios=tuple(del_municipio(corrida.municipio)),
        nivel=nivel_de_distritos(corrida.municipio),
        unidad=UnidadTerritorial.objects.filter(pk=p["unidad"]).first() if p["unidad"] else None,
        sector=p["sector"],
        estado=p["estado"],
        grupo=p["grupo"],
        techo=a_centimos(corrida.techo),
        regla=corrida.regla,
        pesos=p["pesos"],
        pisos={int(d): monto for d, monto in p["pisos"].items()},
        topes={int(d): monto for d, monto in p["topes"].items()},
        incompatibles=tuple((a, b) for a, b in p["incompatibles"]),
        requeridas=tuple((a, b) for a, b in p["requeridas"]),
        votantes=p["votantes"],
    )


def reproducir(corrida: Priorizacion, **como: Any) -> Corrida:
    """Run it again from what it kept, without looking at the demands of today."""
    return correr(pedido_de(corrida), Conjunto.de_guardado(corrida.entradas), **como)


def diferencias(corrida: Priorizacion) -> list[str]:
    """What of a computed run is not what its inputs give: its digest, or what it says of a demand. Empty: it is proven."""
    if corrida.huella != huella_de(corrida):
        return [_("%(corrida)s: la huella no es la de sus datos") % {"corrida": corrida.nombre}]
    if corrida.resumen.get("optimo") is False:
        return []  # how far the solver came in its time is not to be had again
    guardados = {r.demanda_id: (r.puesto, r.entra, r.costo) for r in corrida.resultados.all()}
    otra = reproducir(corrida)
    dichos = {
        fila.pk: (puesto, fila.pk in otra.dentro, a_decimal(fila.costo) if fila.costo else None)
        for puesto, fila in enumerate(otra.orden, 1)
    }
    distintas = sorted(pk for pk in guardados.keys() | dichos.keys() if guardados.get(pk) != dichos.get(pk))
    if not distintas:
        return []
    return [
        _("%(corrida)s: %(n)s resultados no son los que dan sus datos")
        % {"corrida": corrida.nombre, "n": len(distintas)}
    ]


# --- computed ---------------------------------------------------------------------------------------------------------
def calcular(*, uid: UUID, trabajo: int, apagandose: Callable[[], bool] = lambda: False) -> None:
    """The job: run the rule, with its progress on the record, and keep the result or why there is none."""
    with _a_cargo(uid, trabajo) as corrida:
        if corrida is None:
            return
        avance = _Avance(corrida, apagandose)
        try:
            hecha = reproducir(corrida, avance=avance, detener=avance.detener)
            with transaction.atomic():
                # Under the lock of the row: who stopped it meanwhile finds it stopped.
                actual = Priorizacion.objects.select_for_update(no_key=True).get(pk=corrida.pk)
                if actual.estado == E.CALCULANDO:
                    _guardar_resultado(actual, hecha)
        except Detenida:
            _dejar(corrida, _("Se detuvo antes de terminar. Puede calcularla otra vez."))
        except NoSePuedePriorizar as error:
            _dejar(corrida, razones.por_que_no(error, palabras_de(corrida))[1])
        except Exception:
            registro.exception("No se pudo calcular la priorización %s", uid)
            _dejar(corrida, _("No se pudo calcular; puede intentarlo otra vez."))


class _Avance:
    """Writes how far the rule is and learns whether somebody stopped it."""

    def __init__(self, corrida: Priorizacion, apagandose: Callable[[], bool]) -> None:
        self._pk, self._apagandose, self._ultimo = corrida.pk, apagandose, timezone.now()
        self._parte = 0

    def __call__(self, parte: float) -> None:
        self._parte = max(0, min(99, int(parte * 100)))

    def detener(self) -> bool:
        if self._apagandose():
            return True
        if timezone.now() - self._ultimo < timedelta(seconds=0.4):
            return False
        self._ultimo = timezone.now()
        propia = Priorizacion.objects.filter(pk=self._pk, estado=E.CALCULANDO)
        return not propia.update(progreso=self._parte)


@contextmanager
def _a_cargo(uid: UUID, trabajo: int) -> Iterator[Priorizacion | None]:
    """Take the run in charge, in the name of who asked for it; None when another has it or it no longer waits."""
    corrida = Priorizacion.objects.select_related("municipio", "por").filter(uid=uid).first()
    if corrida is None:
        yield None
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [CERROJO, corrida.pk])
        if not cursor.fetchone()[0]:
            yield None
            return
    try:
        with en_nombre_de(corrida.por, orden="priorizaciones", trabajo=trabajo):
            suya = Priorizacion.objects.filter(pk=corrida.pk, estado=E.EN_COLA, trabajo=trabajo)
            yield corrida if suya.update(estado=E.CALCULANDO) else None
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [CERROJO, corrida.pk])


def _dejar(corrida: Priorizacion, mensaje: str) -> None:
    en_marcha = Priorizacion.objects.filter(pk=corrida.pk, estado__in=(E.EN_COLA, E.CALCULANDO))
    en_marcha.update(estado=E.FALLIDA, mensaje=mensaje[:500], progreso=0)


def _guardar_resultado(corrida: Priorizacion, hecha: Corrida) -> None:
    fases = {paso.clave: paso.fase for paso in hecha.resultado.pasos}
    corrida.resultados.all().delete()
    ResultadoDePriorizacion.objects.bulk_create(
        [
            ResultadoDePriorizacion(
                priorizacion=corrida,
                demanda_id=fila.pk,
                puesto=puesto,
                puntaje=hecha.puntajes[fila.pk],
                costo=a_decimal(fila.costo) if fila.costo else None,
                entra=fila.pk in hecha.dentro,
                razon=razones.guardada(hecha.resultado.razones[fila.pk], fases.get(fila.pk)),
            )
            for puesto, fila in enumerate(hecha.orden, 1)
        ],
        batch_size=1000,
    )
    corrida.resumen, corrida.estado, corrida.progreso, corrida.mensaje = hecha.resumen, E.CALCULADA, 100, ""
    corrida.save(update_fields=["resumen", "estado", "progreso", "mensaje"])


@transaction.atomic
def detener(*, por, corrida: Priorizacion) -> Priorizacion:
    """Stop a run that waits or is being computed."""
    una = _bloquear(corrida, por, GUARDAR_PRIORIZACION)
    if una.estado not in (E.EN_COLA, E.CALCULANDO):
        raise NoCorresponde(_("Esta corrida ya no se está calculando."))
    _dejar(una, _("Se detuvo antes de terminar. Puede calcularla otra vez."))
    una.refresh_from_db()
    return una


@transaction.atomic
def calcular_otra_vez(*, por, corrida: Priorizacion) -> Priorizacion:
    """Put a run that was interrupted in the queue again, with the values that it kept."""
    una = _bloquear(corrida, por, GUARDAR_PRIORIZACION)
    if una.estado != E.FALLIDA:
        raise NoCorresponde(_("Solo se calcula otra vez lo que se interrumpió."))
    return _encolar(una)


def recuperar() -> int:
    """Let go of the runs whose job or worker is gone. Says how many."""
    vivos = ProcrastinateJob.objects.filter(
        Q(status="todo") | Q(status="doing", worker__last_heartbeat__gte=timezone.now() - SIN_LATIDO)
    )
    varadas = Priorizacion.objects.filter(estado__in=(E.EN_COLA, E.CALCULANDO)).exclude(trabajo__in=vivos.values("id"))
    return sum(_liberar(corrida) for corrida in varadas)


@transaction.atomic
def _liberar(corrida: Priorizacion) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [CERROJO, corrida.pk])
        if not cursor.fetchone()[0]:
            return False
    _dejar(corrida, _("El cálculo se interrumpió. Puede intentarlo otra vez."))
    return True


# --- discussed and approved -------------------------------------------------------------------------------------------
@transaction.atomic
def anotar(*, por, corrida: Priorizacion, texto: str) -> NotaDePriorizacion:
    """Add to what is said of a run; nothing that was said goes away."""
    exigir(por, COMENTAR_PRIORIZACION, corrida.municipio, corrida.unidad)
    nota = NotaDePriorizacion(priorizacion=corrida, texto=texto.strip(), por=por)
    nota.full_clean()
    nota.save()
    return nota


@transaction.atomic
def aprobar(*, por, corrida: Priorizacion, evento: Evento) -> Priorizacion:
    """Approve a computed run by the act of a meeting, and take what is in to its next state, in the order of the run.

    Raises `PermissionDenied`, `NoCorresponde`, `ValidationError` (the meeting) and `CambiaronLasDemandas`.
    """
    una = _bloquear(corrida, por, PRIORIZAR_DEMANDA)
    if una.estado != E.CALCULADA:
        raise NoCorresponde(
            _("«%(que)s» está %(estado)s: no se puede aprobar.") % {"que": una, "estado": una.get_estado_display()}
        )
    hacia = ALCANCES[AlcanceDePriorizacion(una.alcance)]
    exigir_reunion(hacia, evento, una.municipio_id)
    if una.unidad_id and evento.unidad_id not in (una.unidad_id, una.municipio_id):
        raise ValidationError({"evento": _("Ese taller es de otro distrito.")})
    if not tiene_acta(evento):
        raise ValidationError({"evento": _("«%(que)s» no tiene acta ni acuerdos escritos.") % {"que": evento}})
    dentro = Demanda.objects.filter(pk__in=una.resultados.filter(entra=True).values("demanda"))
    list(dentro.select_for_update(of=("self",), no_key=True).order_by("pk").values_list("pk"))
    if cambiadas := cambios_desde(una):
        raise CambiaronLasDemandas(cambiadas)
    if fallas := diferencias(una):
        raise NoCorresponde(fallas[0])
    una.estado, una.evento, una.aprobada, una.aprobada_por = E.APROBADA, evento, timezone.now(), por
    # Whoever reads the list later knows its act, also where the meeting itself is not published.
    una.resumen |= {"acto": {"nombre": str(evento), "fecha": evento.fecha.isoformat()}}
    una.full_clean()
    una.save(update_fields=["estado", "evento", "aprobada", "aprobada_por", "resumen"])
    avanzar(por=por, demandas=dentro, hacia=hacia, priorizacion=una, evento=evento)
    return una


def tiene_acta(evento: Evento) -> bool:
    """Whether what a meeting agreed is written: as its acta, or as its agreements."""
    actas = evento.adjuntos.filter(archivo__clase=ClaseDeArchivo.ACTA, archivo__retirado=None)
    return bool(evento.acuerdos.strip()) or actas.exists()


def _bloquear(corrida: Priorizacion, por, accion) -> Priorizacion:
    # Asked before it is locked: what is of another municipality can be read once approved, but not locked.
    exigir(por, accion, corrida.municipio, corrida.unidad)
    bloqueada = Priorizacion.objects.select_for_update(of=("self",), no_key=True)
    return bloqueada.select_related("municipio", "unidad").get(pk=corrida.pk)


def cambios_desde(corrida: Priorizacion) -> list[str]:
    """What of its demands, their values and votes is not what the run counted with, one sentence each."""
    antes = Conjunto.de_guardado(corrida.entradas)
    demandas = Demanda.objects.filter(pk__in=[fila.pk for fila in antes.filas])
    return cambios(antes, reunir_otra_vez(demandas, pedido_de(corrida), antes))


def palabras_de(corrida: Priorizacion) -> razones.Palabras:
    """How the run's sentences call its demands and districts."""
    return palabras(Conjunto.de_guardado(corrida.entradas))


def palabras(conjunto: Conjunto) -> razones.Palabras:
    return razones.Palabras(
        demandas={fila.pk: fila.codigo for fila in conjunto.filas},
        distritos={str(distrito.pk): distrito.nombre for distrito in conjunto.distritos},
    )
