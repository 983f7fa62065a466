"""Invitations and roles: who may give what to whom, and that somebody always administers."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from cuentas.models import Usuario
from cuentas.permisos import FaltaSegundoFactor
from territorio.models import Invitacion, Membresia, Rol
from territorio.services import personas
from territorio.services.personas import InvitacionCerrada
from tests.mundo import cuadro, unidad
from tests.quienes import entrar, miembro, verificada

pytestmark = pytest.mark.django_db
NUEVA = {"first_name": "Juana", "username": "juana", "password1": "quinua-real-77", "password2": "quinua-real-77"}


@pytest.fixture
def vecino(db):
    return unidad("municipio", "990102", cuadro(4, 0, 2), nombre="Vecino")


@pytest.fixture
def jefa(muni):
    return verificada(miembro(muni, Rol.ADMINISTRADOR, "jefa"))


def invitar(por, municipio, rol=Rol.FACILITADOR, **mas) -> str:
    return personas.invitar(por=por, municipio=municipio, rol=rol, nota="para alguien", **mas)[1]


# --- who invites whom -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("rol", [rol for rol in Rol if rol != Rol.ADMINISTRADOR])
def test_no_other_role_invites_anybody(muni, rol):
    with pytest.raises(PermissionDenied):
        invitar(verificada(miembro(muni, rol)), muni, Rol.LECTOR)


def test_who_administers_invites_only_there_and_only_with_her_code(muni, vecino, jefa):
    assert invitar(jefa, muni, Rol.ADMINISTRADOR)
    with pytest.raises(PermissionDenied):
        invitar(jefa, vecino, Rol.LECTOR)
    with pytest.raises(FaltaSegundoFactor):
        invitar(Usuario.objects.get(pk=jefa.pk), muni)


def test_an_invitation_is_to_districts_of_its_municipality_and_never_to_administer_one(muni, oeste, vecino, jefa):
    ajeno = unidad("distrito", "9", cuadro(4, 0), municipio=vecino)
    with pytest.raises(ValidationError, match="no es de"):
        invitar(jefa, muni, unidades=[ajeno])
    with pytest.raises(ValidationError, match="en todo el municipio"):
        invitar(jefa, muni, Rol.ADMINISTRADOR, unidades=[oeste])


def test_only_the_digest_of_a_token_is_kept_and_the_record_has_not_even_that(muni, jefa):
    ficha = invitar(jefa, muni)
    invitacion = Invitacion.objects.get()
    assert ficha not in str(invitacion.__dict__)
    assert len(ficha) > 40
    assert not hasattr(invitacion.registro.get(), "huella")


# --- accepting --------------------------------------------------------------------------------------------------------
def test_a_link_makes_an_account_with_that_role_there_and_signs_it_in(client, muni, oeste, jefa):
    ficha = invitar(jefa, muni, unidades=[oeste])
    pagina = client.get(f"/invitacion/{ficha}/").content.decode()
    assert "facilitador" in pagina
    assert "Oeste" in pagina
    assert client.post(f"/invitacion/{ficha}/", NUEVA)["Location"] == "/cuenta/"
    juana = Usuario.objects.get(username="juana")
    (membresia,) = juana.membresias.all()
    assert (membresia.municipio, membresia.rol, list(membresia.unidades.all())) == (muni, Rol.FACILITADOR, [oeste])
    assert not juana.is_staff
    assert client.get("/cuenta/").status_code == 200
    assert Invitacion.objects.get().usada_por == juana


def test_who_is_made_a_member_of_the_council_sets_up_her_second_factor_at_once(client, muni, jefa):
    assert (
        client.post(f"/invitacion/{invitar(jefa, muni, Rol.CONCEJO)}/", NUEVA)["Location"] == "/cuenta/segundo-factor/"
    )


def test_who_is_signed_in_gains_the_role(client, muni, vecino, jefa):
    rosa = miembro(vecino, Rol.LECTOR)
    entrar(client, rosa)
    ficha = invitar(jefa, muni)
    assert "«rosa»" in client.get(f"/invitacion/{ficha}/").content.decode()
    client.post(f"/invitacion/{ficha}/")
    assert set(rosa.membresias.values_list("municipio", "rol")) == {(vecino.pk, "lector"), (muni.pk, "facilitador")}


def test_a_link_is_good_once_and_a_failed_form_does_not_spend_it(client, muni, jefa):
    ruta = f"/invitacion/{invitar(jefa, muni)}/"
    assert client.post(ruta, NUEVA | {"password2": "otra"}).status_code == 400
    assert client.post(ruta, NUEVA | {"username": "JEFA"}).status_code == 400  # taken, in other capitals
    client.post(ruta, NUEVA)
    assert Client().get(ruta).status_code == 410
    assert Client().post(ruta, NUEVA | {"username": "otra"}).status_code == 410
    assert not Usuario.objects.filter(username="otra").exists()


def test_of_two_who_accept_at_once_one_is_told_that_it_was_used(muni, jefa):
    ficha = invitar(jefa, muni)
    personas.aceptar(ficha=ficha, usuario=Usuario(username="una"))
    with pytest.raises(InvitacionCerrada, match="ya se usó"):
        personas.aceptar(ficha=ficha, usuario=Usuario(username="otra"))
    assert not Usuario.objects.filter(username="otra").exists()


def test_an_unknown_token_is_no_page_and_an_expired_or_withdrawn_one_opens_nothing(client, muni, jefa):
    assert client.get("/invitacion/adivinada/").status_code == 404
    vencida, retirada = invitar(jefa, muni), invitar(jefa, muni)
    personas.retirar_invitacion(por=jefa, invitacion_id=Invitacion.objects.de(retirada).get().pk)
    hace = timezone.now() - timedelta(days=9)
    Invitacion.objects.de(vencida).update(creada=hace, vence=hace + timedelta(days=7))
    for ficha in (vencida, retirada):
        assert client.post(f"/invitacion/{ficha}/", NUEVA).status_code == 410
    assert not Usuario.objects.filter(username="juana").exists()


def test_nobody_gives_herself_a_role_through_her_own_invitation(client, muni, jefa):
    ficha = invitar(jefa, muni, Rol.CONCEJO)
    entrar(client, jefa)
    assert client.post(f"/invitacion/{ficha}/").status_code == 403
    assert jefa.membresias.get().rol == Rol.ADMINISTRADOR
    assert Invitacion.objects.get().abierta


def test_a_second_invitation_to_the_same_role_widens_it_and_never_narrows_it(muni, oeste, este, jefa):
    rosa = miembro(muni, Rol.FACILITADOR, unidades=[oeste])
    personas.aceptar(ficha=invitar(jefa, muni, unidades=[este]), usuario=rosa)
    assert set(rosa.membresias.get().unidades.all()) == {oeste, este}
    personas.aceptar(ficha=invitar(jefa, muni), usuario=rosa)
    personas.aceptar(ficha=invitar(jefa, muni, unidades=[este]), usuario=rosa)
    assert not rosa.membresias.get().unidades.exists()


@pytest.mark.parametrize(
    ("regla", "mal"),
    [
        ("invitacion_para_alguien", {"nota": ""}),
        ("invitacion_vence_despues", {"vence": timezone.now() - timedelta(days=1)}),
        ("invitacion_usada_o_retirada", {"usada": timezone.now(), "retirada": timezone.now()}),
    ],
)
def test_the_database_keeps_what_an_invitation_is(muni, regla, mal):
    bien = {"nota": "x", "vence": timezone.now() + timedelta(days=1), "huella": "0" * 64}
    with pytest.raises(IntegrityError, match=regla), transaction.atomic():
        Invitacion.objects.create(municipio=muni, rol=Rol.LECTOR, **bien | mal)


# --- members ----------------------------------------------------------------------------------------------------------
def test_who_administers_changes_narrows_and_ends_the_roles_of_others(muni, oeste, jefa):
    rosa = miembro(muni, Rol.LECTOR)
    pk = rosa.membresias.get().pk
    personas.cambiar(por=jefa, membresia_id=pk, rol=Rol.FACILITADOR, unidades=[oeste])
    assert (rosa.membresias.get().rol, list(rosa.membresias.get().unidades.all())) == ("facilitador", [oeste])
    personas.quitar(por=jefa, membresia_id=pk)
    assert not rosa.membresias.exists()


def test_nobody_changes_her_own_role(muni, jefa):
    with pytest.raises(PermissionDenied, match="su propio rol"):
        personas.cambiar(por=jefa, membresia_id=jefa.membresias.get().pk, rol=Rol.CONCEJO)


def test_somebody_always_administers(muni, jefa):
    suya = jefa.membresias.get().pk
    with pytest.raises(ValidationError, match="única persona"):
        personas.quitar(por=jefa, membresia_id=suya)
    cerrada = miembro(muni, Rol.ADMINISTRADOR, "cerrada")  # counts for nothing
    Usuario.objects.filter(pk=cerrada.pk).update(is_active=False)
    with pytest.raises(ValidationError, match="única persona"):
        personas.quitar(por=jefa, membresia_id=suya)
    otra = verificada(miembro(muni, Rol.ADMINISTRADOR, "otra"))
    personas.quitar(por=jefa, membresia_id=suya)
    with pytest.raises(ValidationError, match="única persona"):
        personas.quitar(por=otra, membresia_id=otra.membresias.get().pk)


def test_a_lost_second_factor_is_taken_off_by_who_administers_and_it_is_recorded(client, muni, jefa):
    rosa = verificada(miembro(muni, Rol.CONCEJO))
    Usuario.objects.filter(pk=rosa.pk).update(segundo_factor_desde=timezone.now())
    entrar(client, jefa)
    ruta = f"/municipio/personas/{rosa.membresias.get().pk}/segundo-factor/"
    assert client.get(ruta).status_code == 200
    assert client.post(ruta).status_code == 302
    rosa.refresh_from_db()
    assert rosa.segundo_factor_desde is None
    assert not rosa.totpdevice_set.exists()
    asentado = rosa.registro.order_by("pgh_id").last()
    assert asentado.pgh_context["usuario"] == jefa.pk
    assert asentado.segundo_factor_desde is None


def test_who_belongs_elsewhere_too_or_runs_the_system_keeps_hers(muni, vecino, jefa):
    rosa = miembro(muni, Rol.LECTOR)
    miembro(vecino, Rol.CONCEJO)
    superior = miembro(muni, Rol.LECTOR, "superior")
    Usuario.objects.filter(pk=superior.pk).update(is_superuser=True)
    for quien in (rosa, superior, jefa):
        with pytest.raises(PermissionDenied):
            personas.reponer_segundo_factor(por=jefa, membresia_id=quien.membresias.get(municipio=muni).pk)


# --- pages ------------------------------------------------------------------------------------------------------------
def test_the_page_lists_who_is_what_and_shows_a_new_link_once(client, muni, oeste, jefa):
    miembro(muni, Rol.FACILITADOR, unidades=[oeste])
    entrar(client, jefa)
    assert "Oeste" in client.get("/municipio/personas/").content.decode()
    datos = {"rol": "facilitador", "nota": "La nueva", "unidades": [oeste.pk]}
    pagina = client.post("/municipio/personas/", datos, follow=True).content.decode()
    enlace = pagina.split('readonly value="')[1].split('"')[0]
    assert enlace.startswith("http://testserver/invitacion/")
    assert Client().get(enlace).status_code == 200
    assert enlace not in client.get("/municipio/personas/").content.decode()
    client.post(f"/municipio/personas/invitaciones/{Invitacion.objects.get().pk}/retirar/")
    assert Client().get(enlace).status_code == 410


def test_members_of_another_municipality_are_no_pages_at_all(client, muni, vecino, jefa):
    ajena = Membresia.objects.get(usuario=miembro(vecino, Rol.LECTOR)).pk
    invitacion, _ficha = personas.invitar(por=None, municipio=vecino, rol=Rol.LECTOR, nota="x")
    entrar(client, jefa)
    for ruta in (f"{ajena}/", f"{ajena}/quitar/", f"{ajena}/segundo-factor/", f"invitaciones/{invitacion.pk}/retirar/"):
        assert client.post(f"/municipio/personas/{ruta}").status_code == 404, ruta
    assert client.get("/municipio/personas/?municipio=990102").status_code == 403


def test_the_link_to_people_is_in_the_menu_of_who_administers_alone(client, muni, jefa):
    for quien, esta in ((jefa, True), (miembro(muni, Rol.PLANIFICADOR, "otra"), False)):
        entrar(client, quien)
        assert ("/municipio/personas/" in client.get("/cuenta/").content.decode()) is esta


def test_an_invitation_is_mailed_too_where_there_is_a_server_for_it(
    client, muni, jefa, settings, django_capture_on_commit_callbacks
):
    entrar(client, jefa)
    datos = {"rol": "lector", "nota": "x", "correo": "alguien@example.org"}
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/municipio/personas/", datos)
    assert not mail.outbox
    settings.MINKA_CORREO = "smtp://correo.example.org"
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/municipio/personas/", datos)
    (carta,) = mail.outbox
    assert carta.to == ["alguien@example.org"]
    assert "/invitacion/" in carta.body


def test_who_runs_the_server_makes_the_first_invitation(client, muni):
    salida = StringIO()
    call_command("invitar", municipio="990101", sitio="https://minka.example.org/", stdout=salida)
    enlace = salida.getvalue().strip().splitlines()[-1]
    assert enlace.startswith("https://minka.example.org/invitacion/")
    client.post(enlace.removeprefix("https://minka.example.org"), NUEVA)
    assert Membresia.objects.get().rol == Rol.ADMINISTRADOR
