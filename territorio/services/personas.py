"""Who is what in a municipality: invitations, and roles that change, narrow or end.

Only who administers the municipality gives roles there, and never one to himself; somebody always administers it.
"""

from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cuentas import segundo_factor
from cuentas.aislamiento import alcance_total
from cuentas.models import Usuario
from cuentas.permisos import exigir, puede
from territorio.models import Invitacion, Membresia, Rol, UnidadTerritorial
from territorio.models.invitacion import ficha_nueva, huella_de
from territorio.permisos import ADMINISTRAR_PERSONAS


class InvitacionCerrada(Exception):
    """It was used, withdrawn, or is past its day; the message is Spanish, for people."""


# --- invitations ------------------------------------------------------------------------------------------------------
@transaction.atomic
def invitar(
    *,
    por,
    municipio: UnidadTerritorial,
    rol: str,
    unidades: Iterable[UnidadTerritorial] = (),
    correo: str = "",
    nota: str = "",
) -> tuple[Invitacion, str]:
    """Offer a role; gives the invitation and its token, which is kept nowhere. `por` is None for who runs the server."""
    if por is not None:
        exigir(por, ADMINISTRAR_PERSONAS, municipio)
    unidades = _revisar_ambito(municipio, rol, unidades)
    ficha = ficha_nueva()
    invitacion = Invitacion(
        municipio=municipio,
        rol=rol,
        correo=correo,
        nota=nota,
        por=por,
        huella=huella_de(ficha),
        vence=timezone.now() + timedelta(days=settings.MINKA_INVITACION_DIAS),
    )
    invitacion.full_clean()
    invitacion.save()
    invitacion.unidades.set(unidades)
    return invitacion, ficha


@transaction.atomic
def retirar_invitacion(*, por, invitacion_id: int) -> Invitacion:
    """Its link opens nothing from now on."""
    invitacion = Invitacion.objects.select_for_update(of=("self",)).select_related("municipio").get(pk=invitacion_id)
    exigir(por, ADMINISTRAR_PERSONAS, invitacion.municipio)
    _exigir_abierta(invitacion)
    invitacion.retirada = timezone.now()
    invitacion.save(update_fields=["retirada"])
    return invitacion


def invitacion_de(ficha: str) -> Invitacion | None:
    """What a link offers, whoever asks: its token is the permission."""
    with transaction.atomic(), alcance_total():
        return Invitacion.objects.de(ficha).select_related("municipio__nivel").prefetch_related("unidades").first()


@transaction.atomic
def aceptar(*, ficha: str, usuario: Usuario) -> Membresia:
    """Give the role to `usuario`, once; raises `InvitacionCerrada`.

    A role that she has there already becomes as wide as the wider of both.
    """
    with alcance_total():
        invitacion = Invitacion.objects.de(ficha).select_for_update().get()
        _exigir_abierta(invitacion)
        if usuario.pk is not None and usuario.pk == invitacion.por_id and not usuario.is_superuser:
            raise PermissionDenied(_("Nadie se da un rol a sí mismo: esta invitación la hizo usted."))
        if usuario.pk is None:
            usuario.full_clean(exclude=["password"])
            usuario.save()
        membresia, nueva = Membresia.objects.get_or_create(
            usuario=usuario, municipio_id=invitacion.municipio_id, rol=invitacion.rol
        )
        ambito = list(invitacion.unidades.all())
        if nueva:
            membresia.unidades.set(ambito)
        elif not ambito:
            membresia.unidades.clear()
        elif membresia.unidades.exists():
            membresia.unidades.add(*ambito)
        invitacion.usada, invitacion.usada_por = timezone.now(), usuario
        invitacion.save(update_fields=["usada", "usada_por"])
    return membresia


def _exigir_abierta(invitacion: Invitacion) -> None:
    if invitacion.usada:
        raise InvitacionCerrada(_("Esta invitación ya se usó. Si no fue usted, avise a quien se la dio."))
    if invitacion.retirada:
        raise InvitacionCerrada(_("Esta invitación fue retirada."))
    if not invitacion.abierta:
        raise InvitacionCerrada(_("Esta invitación venció: pida otra."))


# --- members ----------------------------------------------------------------------------------------------------------
@transaction.atomic
def cambiar(*, por, membresia_id: int, rol: str, unidades: Iterable[UnidadTerritorial] = ()) -> Membresia:
    """Another role, or another reach, for somebody else."""
    membresia = _para_cambiar(por, membresia_id)
    if membresia.usuario_id == por.pk and not por.is_superuser:
        raise PermissionDenied(_("Nadie cambia su propio rol: pídaselo a otra persona que administre el municipio."))
    unidades = _revisar_ambito(membresia.municipio, rol, unidades)
    if rol != Rol.ADMINISTRADOR:
        _exigir_que_quede_quien_administre(membresia)
    membresia.rol = rol
    membresia.full_clean()
    membresia.save()
    membresia.unidades.set(unidades)
    return membresia


@transaction.atomic
def quitar(*, por, membresia_id: int) -> Membresia:
    """End a role; also one's own, unless nobody would be left to administer."""
    membresia = _para_cambiar(por, membresia_id)
    _exigir_que_quede_quien_administre(membresia)
    membresia.delete()
    return membresia


@transaction.atomic
def reponer_segundo_factor(*, por, membresia_id: int) -> Usuario:
    """Take the second factor off somebody who lost it: she sets up another when she logs in next. Ends her sessions.

    Only of who belongs to no municipality but those that `por` administers: elsewhere her role may weigh more.
    """
    membresia = _para_cambiar(por, membresia_id)
    usuario = membresia.usuario
    if usuario.pk == por.pk:
        raise PermissionDenied(_("Su propio segundo paso se cambia en «Mi cuenta»."))
    if not puede_reponer(por, usuario):
        raise PermissionDenied(
            _("%(persona)s tiene roles también en otro municipio: solo puede hacerlo quien administra el sistema.")
            % {"persona": usuario}
        )
    return segundo_factor.quitar(usuario=usuario)


def puede_reponer(por, usuario: Usuario) -> bool:
    """Whether every municipality of `usuario` is one that `por` administers."""
    if por.is_superuser:
        return True
    suyos = {m.municipio for m in usuario.membresias.select_related("municipio")}
    return not usuario.is_superuser and all(puede(por, ADMINISTRAR_PERSONAS, municipio) for municipio in suyos)


def _para_cambiar(por, membresia_id: int) -> Membresia:
    """The membership, once `por` may; those who administer there are locked, so that two do not withdraw each other."""
    membresia = Membresia.objects.select_related("municipio__nivel", "usuario").get(pk=membresia_id)
    exigir(por, ADMINISTRAR_PERSONAS, membresia.municipio)
    administran = Membresia.objects.filter(municipio=membresia.municipio, rol=Rol.ADMINISTRADOR).order_by("pk")
    list(administran.select_for_update())
    return (
        Membresia.objects.select_for_update(of=("self",))
        .select_related("municipio__nivel", "usuario")
        .get(pk=membresia_id)
    )


def _exigir_que_quede_quien_administre(membresia: Membresia) -> None:
    if membresia.rol != Rol.ADMINISTRADOR:
        return
    otras = Membresia.objects.filter(municipio=membresia.municipio, rol=Rol.ADMINISTRADOR, usuario__is_active=True)
    if not otras.exclude(pk=membresia.pk).exists():
        raise ValidationError(
            _("Es la única persona que administra %(municipio)s: antes, que otra acepte serlo.")
            % {"municipio": membresia.municipio}
        )


def _revisar_ambito(
    municipio: UnidadTerritorial, rol: str, unidades: Iterable[UnidadTerritorial]
) -> list[UnidadTerritorial]:
    elegidas = list(unidades)
    if elegidas and rol == Rol.ADMINISTRADOR:
        raise ValidationError({"unidades": _("Quien administra lo hace en todo el municipio.")})
    if ajenas := [unidad for unidad in elegidas if unidad.municipio_id != municipio.pk]:
        raise ValidationError(
            {"unidades": _("%(unidad)s no es de %(municipio)s.") % {"unidad": ajenas[0], "municipio": municipio}}
        )
    return elegidas
