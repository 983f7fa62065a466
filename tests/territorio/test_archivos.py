"""Documents and photos: what they are is decided by content, what is shown of them is made anew, who may see them asked."""

import hashlib
import io
import os
import stat
import time
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.urls import reverse
from PIL import Image

from cuentas.models import Usuario
from proyectos.models import AdjuntoDeProyecto
from proyectos.permisos import ADJUNTAR_A_PROYECTO
from territorio.adjuntos import almacen, examen
from territorio.models import Archivo, Membresia, Rol
from territorio.services import archivos
from territorio.services.deposito import ArchivoRechazado
from territorio.services.importaciones import NoCorresponde
from tests import hechos, imagenes, mundo

pytestmark = pytest.mark.django_db


def usuaria(municipio, rol, nombre="rosa") -> Usuario:
    nueva = Usuario.objects.create_user(nombre)
    Membresia.objects.create(usuario=nueva, municipio=municipio, rol=rol)
    return nueva


@pytest.fixture
def planificadora(muni):
    return usuaria(muni, Rol.PLANIFICADOR)


@pytest.fixture
def obra(muni):
    return hechos.proyecto(muni, "p", mundo.punto(0.5, 0.5))


def subido(cuerpo: bytes, nombre: str = "foto.jpg", tipo: str = "image/jpeg") -> SimpleUploadedFile:
    return SimpleUploadedFile(nombre, cuerpo, content_type=tipo)


def adjuntar(por, objeto, cuerpo: bytes, nombre: str = "foto.jpg", clase: str = "foto") -> Archivo:
    return archivos.adjuntar(por=por, objeto=objeto, archivo=subido(cuerpo, nombre), clase=clase)


def copia_de(archivo: Archivo) -> Image.Image:
    return Image.open(almacen.ruta(archivo.copia))


def en_disco(carpeta) -> list[str]:
    return [r.name for r in (carpeta / almacen.CARPETA).rglob("*") if r.is_file()]


# --- photos -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("formato", ["JPEG", "HEIF", "WEBP", "PNG"])
def test_time_and_place_are_read_and_are_not_in_what_is_shown(planificadora, obra, formato):
    cuerpo = imagenes.foto(formato=formato, lugar=imagenes.EN_EL_OESTE, hora="2025:03:04 05:06:07", zona="-04:00")
    archivo = adjuntar(planificadora, obra, cuerpo)
    assert archivo.tomada == datetime(2025, 3, 4, 9, 6, 7, tzinfo=UTC)
    assert archivo.punto.coords == pytest.approx(imagenes.EN_EL_OESTE, abs=1e-6)
    for guardado in (archivo.copia, archivo.miniatura):
        mostrado = Image.open(almacen.ruta(guardado))
        assert (mostrado.format, dict(mostrado.getexif()), set(mostrado.info) & {"exif", "comment", "icc_profile"}) == (
            "JPEG",
            {},
            set(),
        )
        assert b"indiscreta" not in almacen.ruta(guardado).read_bytes()
    assert almacen.ruta(archivo.original).read_bytes() == cuerpo


def test_an_hour_without_offset_is_that_of_the_place(planificadora, obra):
    archivo = adjuntar(planificadora, obra, imagenes.foto(hora="2025:03:04 05:06:07"))
    assert archivo.tomada == datetime(2025, 3, 4, 9, 6, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    "camara",
    [
        {"lugar": (-64.9, 95)},
        {"lugar": (181, -17)},
        {"lugar": (0, 0)},
        {"hora": "0000:00:00 00:00:00"},
        {"hora": "2999:01:01 00:00:00"},
        {"hora": "1889:01:01 00:00:00"},
        {"hora": "ayer"},
    ],
)
def test_what_the_camera_cannot_have_seen_is_left_out(planificadora, obra, camara):
    archivo = adjuntar(planificadora, obra, imagenes.foto(**camara))
    assert (archivo.tomada, archivo.punto) == (None, None)


def test_the_copy_stands_upright_and_is_at_most_2048_pixels_wide(planificadora, obra):
    archivo = adjuntar(planificadora, obra, imagenes.foto(ancho=3000, alto=1000, orientacion=6))
    copia = copia_de(archivo)
    assert (archivo.ancho, archivo.alto) == (1000, 3000)
    assert copia.size == (683, 2048)
    # The mark that was in the upper left corner comes to the upper right one.
    assert copia.getpixel((670, 10))[2] > 150 > copia.getpixel((10, 10))[2]


def test_what_is_transparent_is_shown_on_white_and_what_moves_by_its_first_frame(planificadora, obra):
    clara = copia_de(adjuntar(planificadora, obra, imagenes.png_transparente()))
    assert min(clara.getpixel((60, 40))) > 240
    quieta = copia_de(adjuntar(planificadora, obra, imagenes.animacion()))
    assert quieta.getpixel((5, 5))[0] > 200
    assert getattr(quieta, "n_frames", 1) == 1


@pytest.mark.parametrize("veneno", [b"<?php system($_GET['x']); ?>", b"<script>alert(1)</script>", imagenes.docx()])
def test_what_hides_in_a_photo_does_not_reach_the_copy(planificadora, obra, veneno):
    comentario = veneno if len(veneno) < 200 else b""
    archivo = adjuntar(planificadora, obra, imagenes.foto(comentario=comentario) + veneno, "foto.php.jpg")
    assert archivo.tipo == "image/jpeg"
    mostrado = almacen.ruta(archivo.copia).read_bytes()
    assert veneno[:20] not in mostrado
    assert b"PK\x03\x04" not in mostrado


@pytest.mark.parametrize(
    ("cuerpo", "motivo"),
    [
        (imagenes.png_enorme(30_000, 30_000), "demasiados píxeles"),
        (imagenes.foto(ancho=800, alto=600)[:-3000], "dañada o incompleta"),
        (imagenes.foto()[:20], "dañada o incompleta"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "image/svg"),
        (b"<?xml version='1.0'?><!DOCTYPE s [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><svg>&x;</svg>", "svg"),
        (b"GIF89a" + b"\0" * 50, "No se puede guardar"),
        (b"\x7fELF" + b"\0" * 60, "No se"),
        (b"", "vacío"),
    ],
)
def test_what_is_no_photo_is_refused_and_leaves_nothing(planificadora, obra, carpeta, cuerpo, motivo):
    with pytest.raises(ArchivoRechazado, match=motivo):
        adjuntar(planificadora, obra, cuerpo)
    assert not Archivo.objects.exists()
    assert en_disco(carpeta) == []


def test_a_child_that_takes_too_long_is_stopped(planificadora, obra, monkeypatch):
    monkeypatch.setattr(examen, "SEGUNDOS", -4.99)
    with pytest.raises(ArchivoRechazado, match="demasiado tiempo"):
        adjuntar(planificadora, obra, imagenes.foto())


# --- documents --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("cuerpo", "tipo"),
    [
        (imagenes.pdf(), "PDF"),
        (imagenes.docx(), "DOCX"),
        (imagenes.docx(relaciones=imagenes.relacion_de_fuera("hyperlink", "https://example.org/ley")), "DOCX"),
        (imagenes.odt("<text:a xlink:href='https://example.org/'>ley</text:a>"), "ODT"),
        (imagenes.odt(tipo="application/vnd.oasis.opendocument.spreadsheet"), "ODS"),
    ],
)
def test_a_document_is_what_it_holds_whatever_it_is_called(planificadora, obra, cuerpo, tipo):
    archivo = adjuntar(planificadora, obra, cuerpo, "acta.exe", "acta")
    assert archivo.get_tipo_display() == tipo
    assert (archivo.copia, archivo.bytes) == ("", len(cuerpo))


@pytest.mark.parametrize(
    ("cuerpo", "motivo"),
    [
        (b"<!DOCTYPE html><html><script>alert(1)</script></html>", "text/html"),
        (imagenes.pdf(b"<< /OpenAction << /S /JavaScript /JS (app.alert(1)) >> >>"), "acciones"),
        (imagenes.pdf(b"<< /S /J#61vaScript >>"), "acciones"),
        (imagenes.pdf(comprimido=b"9 0 << /S /Launch /F (cmd.exe) >>"), "Launch"),
        (imagenes.pdf(b"<< /Names << /EmbeddedFiles 9 0 R >> >>"), "EmbeddedFiles"),
        (imagenes.pdf(b"<< /Encrypt 9 0 R >>"), "contraseña"),
        (imagenes.pdf()[:60], "incompleto"),
        (imagenes.docx({"word/vbaProject.bin": b"x"}), "macros"),
        (imagenes.docx(tipo="application/vnd.ms-word.document.macroEnabled.main+xml"), "macros"),
        (imagenes.docx(relaciones=imagenes.relacion_de_fuera("attachedTemplate", "http://mal.example/t.dotm")), "mal.ex"),
        (imagenes.docx(relaciones=imagenes.relacion_de_fuera("image", "file:///etc/passwd")), "de otro lugar"),
        (imagenes.docx(relaciones=imagenes.relacion_de_fuera("hyperlink", "javascript:alert(1)")), "de otro lugar"),
        (imagenes.docx({"word/_rels/a.rels": '<!DOCTYPE x [<!ENTITY e "b">]><x>&e;</x>'}), "macros u objetos"),
        (imagenes.docx({"word/document.xml": b"\0" * 3_000_000}), "descomprimido"),
        (imagenes.docx({"../../fuera.xml": b"x"}), "no es lo que dice"),
        (imagenes.odt("<draw:image xlink:href='http://mal.example/pixel.png'/>"), "de otro lugar"),
        (imagenes.odt(partes={"Basic/Standard/Module1.xml": "x"}), "macros"),
        (imagenes.odt("<script:event-listener xmlns:script='s' xlink:href='vnd.sun.star.script:x'/>"), "macros"),
        (imagenes.comprimir({"a.txt": "hola"}), "No se puede guardar"),
        (imagenes.docx()[:-30], "dañado"),
    ],
)  # fmt: skip
def test_a_document_that_acts_reaches_out_or_is_broken_is_refused(
    planificadora, obra, carpeta, monkeypatch, cuerpo, motivo
):
    monkeypatch.setattr(examen, "DESCOMPRIMIDOS", 2_000_000)
    with pytest.raises(ArchivoRechazado, match=motivo):
        adjuntar(planificadora, obra, cuerpo, "acta.pdf", "acta")
    assert en_disco(carpeta) == []


def test_a_document_is_no_photo(planificadora, obra):
    with pytest.raises(ArchivoRechazado, match="No es una foto"):
        adjuntar(planificadora, obra, imagenes.pdf())


# --- names, limits, storage -------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("nombre", "queda"),
    [
        ("../../../etc/passwd", "passwd"),
        ("C:\\acta\x00.pdf", "acta.pdf"),
        ("acta\u202efdp.exe", "actafdp.exe"),
        ("obra 🚧 lista.jpg", "obra 🚧 lista.jpg"),
        ("\u200f\u0007", "archivo"),
    ],
)
def test_a_name_is_shown_without_folders_or_tricks(planificadora, obra, nombre, queda):
    cuerpo = subido(imagenes.foto())
    cuerpo._name = nombre
    assert archivos.adjuntar(por=planificadora, objeto=obra, archivo=cuerpo, clase="foto").nombre == queda


def test_a_name_of_ten_thousand_letters_is_cut_and_keeps_its_end(planificadora, obra):
    cuerpo = subido(imagenes.foto())
    cuerpo._name = "ñ" * 10_000 + ".jpg"
    nombre = archivos.adjuntar(por=planificadora, objeto=obra, archivo=cuerpo, clase="foto").nombre
    assert (len(nombre), nombre[-5:]) == (200, "….jpg")


def test_a_file_of_exactly_the_limit_is_kept_and_one_byte_more_is_not(planificadora, obra, settings, carpeta):
    settings.MINKA_FOTO_MAXIMO_MB = 1
    cuerpo = imagenes.foto()
    exacto = cuerpo + b"\0" * (1024 * 1024 - len(cuerpo))
    assert adjuntar(planificadora, obra, exacto).bytes == 1024 * 1024
    antes = en_disco(carpeta)
    with pytest.raises(ArchivoRechazado, match="pasa de 1 MB"):
        adjuntar(planificadora, obra, exacto + b"\0")
    mentido = subido(exacto + b"\0")
    mentido.size = 10
    with pytest.raises(ArchivoRechazado, match="pasa de 1 MB"):
        archivos.adjuntar(por=planificadora, objeto=obra, archivo=mentido, clase="foto")
    assert en_disco(carpeta) == antes


def test_bytes_lie_under_random_names_that_only_we_may_read(planificadora, obra, carpeta):
    archivo = adjuntar(planificadora, obra, imagenes.foto(), "acta secreta.jpg")
    for nombre in archivo.guardados:
        ruta = almacen.ruta(nombre)
        assert stat.S_IMODE(ruta.stat().st_mode) == 0o600
        assert stat.S_IMODE(ruta.parent.stat().st_mode) == 0o700
        assert ruta.is_relative_to(carpeta)
    assert len(set(en_disco(carpeta))) == 3
    assert not any("secreta" in nombre or archivo.uid.hex in nombre for nombre in en_disco(carpeta))
    assert archivo.sha256 == hashlib.sha256(almacen.ruta(archivo.original).read_bytes()).hexdigest()


def test_a_row_that_is_not_written_takes_its_files_along(planificadora, obra, carpeta, monkeypatch):
    def falla(*args, **kwargs):
        assert len(en_disco(carpeta)) == 3, "the files come before the row"
        raise IntegrityError

    monkeypatch.setattr(Archivo, "save", falla)
    with pytest.raises(IntegrityError):
        adjuntar(planificadora, obra, imagenes.foto())
    assert en_disco(carpeta) == []


def test_files_of_no_row_are_swept_after_a_day_and_no_others(planificadora, obra, carpeta):
    archivo = adjuntar(planificadora, obra, imagenes.foto())
    viejo, nuevo = almacen.ruta("ab" * 20), almacen.ruta("cd" * 20)
    for ruta in (viejo, nuevo):
        ruta.parent.mkdir(exist_ok=True)
        ruta.write_bytes(b"x")
    ayer = time.time() - 25 * 3600
    for ruta in (viejo, *map(almacen.ruta, archivo.guardados)):
        os.utime(ruta, (ayer, ayer))
    assert almacen.limpiar() == 1
    assert not viejo.exists()
    assert nuevo.exists()
    assert almacen.diferencias() == []


def test_verificar_tells_of_a_file_that_is_gone_or_was_changed(planificadora, obra):
    ida, cambiada = (adjuntar(planificadora, obra, imagenes.foto(ancho=n)) for n in (60, 70))
    almacen.ruta(ida.copia).unlink()
    almacen.ruta(cambiada.original).write_bytes(imagenes.foto(ancho=80))
    falta, distinta = almacen.diferencias()
    assert str(ida.uid) in falta
    assert "falta en el disco" in falta
    assert str(cambiada.uid) in distinta
    assert "no es el que se subió" in distinta


def test_the_same_file_twice_on_one_project_is_refused_on_another_it_is_not(planificadora, muni, obra):
    adjuntar(planificadora, obra, imagenes.foto(), "una.jpg")
    with pytest.raises(ArchivoRechazado, match=r"ya está: es «una.jpg»"):
        adjuntar(planificadora, obra, imagenes.foto(), "otra.jpg")
    adjuntar(planificadora, hechos.proyecto(muni, "q"), imagenes.foto())


def test_the_database_keeps_a_withdrawn_file_out_of_sight(planificadora, obra):
    archivo = adjuntar(planificadora, obra, imagenes.foto())
    for campos in ({"publico": True, "retirado": archivo.creado, "retirado_por": planificadora, "motivo_retiro": "x"},
                   {"retirado": archivo.creado}, {"con_lugar": True}, {"copia": ""}):  # fmt: skip
        with pytest.raises(IntegrityError), transaction.atomic():
            Archivo.objects.filter(pk=archivo.pk).update(**campos)


# --- who may ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("rol", [r for r in Rol if r not in {Rol.PLANIFICADOR, Rol.COMITE}])
def test_another_role_attaches_nothing_to_a_project(muni, obra, rol, carpeta):
    with pytest.raises(PermissionDenied):
        adjuntar(usuaria(muni, rol), obra, imagenes.foto())
    assert en_disco(carpeta) == []


def test_who_planned_in_another_municipality_attaches_nothing_here(obra):
    vecino = mundo.unidad("municipio", "990102", mundo.cuadro(4, 0, 2))
    with pytest.raises(PermissionDenied):
        adjuntar(usuaria(vecino, Rol.PLANIFICADOR), obra, imagenes.foto())


def test_a_role_that_is_limited_to_a_district_attaches_and_sees_what_lies_in_it(client, muni, oeste, este):
    cerca, lejos = (hechos.demanda(muni, str(x), mundo.punto(x, 0.5), publicada=False) for x in (0.5, 3.5))
    facilitadora, planificadora = usuaria(muni, Rol.FACILITADOR), usuaria(muni, Rol.PLANIFICADOR, "ana")
    facilitadora.membresias.get().unidades.set([oeste])
    suya, ajena = adjuntar(facilitadora, cerca, imagenes.foto()), adjuntar(planificadora, lejos, imagenes.foto())
    with pytest.raises(PermissionDenied):
        adjuntar(facilitadora, lejos, imagenes.foto(ancho=50))
    client.force_login(facilitadora)
    assert [ver(client, archivo).status_code for archivo in (suya, ajena)] == [200, 404]
    archivos.retirar(uid=suya.uid, por=facilitadora, motivo="borrosa")


def test_the_file_of_a_formal_act_is_neither_published_nor_withdrawn_by_itself(planificadora, muni):
    archivo = archivos.guardar_archivo(
        por=planificadora, accion=ADJUNTAR_A_PROYECTO, municipio=muni, archivo=subido(imagenes.pdf()), clase="norma"
    )
    for accion in (
        lambda: archivos.publicar(uid=archivo.uid, por=planificadora, publico=True),
        lambda: archivos.retirar(uid=archivo.uid, por=planificadora, motivo="x"),
    ):
        with pytest.raises(NoCorresponde, match="acto formal"):
            accion()


def test_published_means_that_what_it_hangs_on_is_published_too(planificadora, muni):
    oculto = hechos.proyecto(muni, "o", publicado=False)
    archivo = adjuntar(planificadora, oculto, imagenes.foto())
    with pytest.raises(NoCorresponde, match="Primero publique"):
        archivos.publicar(uid=archivo.uid, por=planificadora, publico=True)


def test_withdrawing_says_why_and_who_brought_it_may(muni, obra):
    comite = usuaria(muni, Rol.COMITE)
    archivo = adjuntar(comite, obra, imagenes.foto())
    with pytest.raises(NoCorresponde, match="Diga por qué"):
        archivos.retirar(uid=archivo.uid, por=comite, motivo=" \x00 ")
    with pytest.raises(PermissionDenied):
        archivos.retirar(uid=archivo.uid, por=usuaria(muni, Rol.FACILITADOR, "facilitadora"), motivo="no me gusta")
    retirado = archivos.retirar(uid=archivo.uid, por=comite, motivo="se ve una cara")
    assert (retirado.publico, retirado.motivo_retiro, retirado.retirado_por) == (False, "se ve una cara", comite)
    assert almacen.ruta(retirado.original).is_file()
    with pytest.raises(NoCorresponde):
        archivos.publicar(uid=archivo.uid, por=comite, publico=True)


# --- handing out ------------------------------------------------------------------------------------------------------
def ver(client, archivo, que="ver", **cabeceras):
    respuesta = client.get(reverse(f"archivos:{que}", args=[archivo.uid]), headers=cabeceras)
    respuesta.cuerpo = respuesta.getvalue() if respuesta.streaming else respuesta.content
    return respuesta


def test_a_visitor_sees_the_copy_once_it_is_published_and_never_the_original(client, planificadora, obra):
    archivo = adjuntar(planificadora, obra, imagenes.foto(lugar=imagenes.EN_EL_OESTE))
    assert [ver(client, archivo, que).status_code for que in ("ver", "miniatura", "original")] == [404, 404, 404]
    archivos.publicar(uid=archivo.uid, por=planificadora, publico=True)
    respuesta = ver(client, archivo)
    assert respuesta.status_code == 200
    assert Image.open(io.BytesIO(respuesta.cuerpo)).format == "JPEG"
    assert respuesta["Content-Type"] == "image/jpeg"
    assert respuesta["X-Content-Type-Options"] == "nosniff"
    assert respuesta["Content-Disposition"] == 'inline; filename="foto.jpg"'
    assert "sandbox" in respuesta["Content-Security-Policy"]
    assert ver(client, archivo, "original").status_code == 404
    assert ver(client, archivo, "ver", **{"If-None-Match": respuesta["ETag"]}).status_code == 304
    archivos.retirar(uid=archivo.uid, por=planificadora, motivo="error")
    assert ver(client, archivo, "ver", **{"If-None-Match": respuesta["ETag"]}).status_code == 404


def test_a_published_file_of_a_project_that_no_longer_is_goes_with_it(client, planificadora, obra):
    archivo = adjuntar(planificadora, obra, imagenes.foto())
    archivos.publicar(uid=archivo.uid, por=planificadora, publico=True)
    assert ver(client, archivo).status_code == 200
    obra.publicado = False
    obra.save()
    assert ver(client, archivo).status_code == 404


def test_a_document_is_only_ever_a_download(client, planificadora, obra):
    archivo = adjuntar(planificadora, obra, imagenes.pdf(), 'acta "1" año.pdf', "acta")
    archivos.publicar(uid=archivo.uid, por=planificadora, publico=True)
    respuesta = ver(client, archivo)
    assert respuesta["Content-Disposition"].startswith("attachment; ")
    assert "acta%20%221%22%20a%C3%B1o.pdf" in respuesta["Content-Disposition"]
    assert respuesta.cuerpo == imagenes.pdf()
    assert ver(client, archivo, "miniatura").status_code == 404


def test_members_see_what_is_not_published_the_original_by_role_and_neighbours_nothing(
    client, planificadora, muni, obra
):
    archivo = adjuntar(planificadora, obra, imagenes.foto(lugar=imagenes.EN_EL_OESTE))
    vecino = mundo.unidad("municipio", "990102", mundo.cuadro(4, 0, 2))
    esperado = {
        usuaria(muni, Rol.LECTOR, "lectora"): [200, 404],
        usuaria(muni, Rol.COMITE, "control"): [200, 200],
        usuaria(vecino, Rol.PLANIFICADOR, "vecina"): [404, 404],
    }
    for quien, codigos in esperado.items():
        client.force_login(quien)
        assert [ver(client, archivo, que).status_code for que in ("ver", "original")] == codigos, quien
    assert ver(client, Archivo(uid=uuid4())).status_code == 404


def test_nginx_is_told_where_it_lies_once_it_was_allowed(client, planificadora, obra, settings):
    settings.MINKA_X_ACCEL = "/_adjuntos/"
    archivo = adjuntar(planificadora, obra, imagenes.foto())
    assert "X-Accel-Redirect" not in ver(client, archivo).headers
    client.force_login(planificadora)
    respuesta = ver(client, archivo)
    assert respuesta["X-Accel-Redirect"] == f"/_adjuntos/{archivo.copia[:2]}/{archivo.copia}"
    assert respuesta.cuerpo == b""


# --- pages and API ----------------------------------------------------------------------------------------------------
def de(objeto) -> str:
    return reverse("archivos:de", args=["proyecto", objeto.pk])


def test_several_are_brought_at_once_and_a_bad_one_costs_the_others_nothing(client, planificadora, obra):
    client.force_login(planificadora)
    cuerpo = {"clase": "foto", "archivos": [subido(imagenes.foto(), "b.jpg"), subido(b"<html>", "mala.jpg")]}
    respuesta = client.post(de(obra), cuerpo)
    assert respuesta.status_code == 400
    assert "mala.jpg: No se puede guardar" in respuesta.content.decode()
    assert [a.archivo.nombre for a in AdjuntoDeProyecto.objects.filter(proyecto=obra)] == ["b.jpg"]
    assert client.post(de(obra), {"clase": "foto", "archivos": subido(imagenes.foto(ancho=50))}).status_code == 302
    json = client.post(de(obra), {"clase": "x", "archivos": subido(b"a")}, headers={"Accept": "application/json"})
    assert json.json()["guardados"] == 0


def test_without_the_mark_of_the_form_nothing_is_kept(planificadora, obra, django_test_client_con_csrf):
    client = django_test_client_con_csrf
    client.force_login(planificadora)
    assert client.post(de(obra), {"clase": "foto", "archivos": subido(imagenes.foto())}).status_code == 403
    assert not Archivo.objects.exists()


@pytest.fixture
def django_test_client_con_csrf():
    from django.test import Client

    return Client(enforce_csrf_checks=True)


def test_the_page_tells_members_how_far_off_a_photo_was_taken_and_visitors_only_where_that_was_published(
    client, planificadora, obra
):
    archivo = adjuntar(planificadora, obra, imagenes.foto(lugar=(-64.985, -16.995), hora="2025:03:04 05:06:07"))
    pagina = reverse("paginas:proyecto", args=[obra.pk])
    archivos.publicar(uid=archivo.uid, por=planificadora, publico=True)
    visto = client.get(pagina).content.decode()
    assert "según la cámara" in visto
    assert "del proyecto" not in visto
    assert planificadora.username not in visto
    archivos.publicar(uid=archivo.uid, por=planificadora, publico=True, con_lugar=True)
    assert "Tomada a 1,1 km del proyecto: lejos" in " ".join(client.get(pagina).content.decode().split())
    client.force_login(planificadora)
    assert planificadora.username in client.get(pagina).content.decode()


def test_publishing_and_withdrawing_on_the_page(client, planificadora, muni, obra):
    archivo = adjuntar(planificadora, obra, imagenes.foto())
    rutas = {que: reverse(f"archivos:{que}", args=[archivo.uid]) for que in ("publicar", "retirar")}
    client.force_login(usuaria(muni, Rol.LECTOR, "lectora"))
    assert [client.post(r, {"publico": "si", "motivo": "x"}).status_code for r in rutas.values()] == [403, 403]
    client.force_login(planificadora)
    assert client.post(rutas["publicar"], {"publico": "si"}).status_code == 302
    assert client.post(rutas["retirar"], {"motivo": "repetida"}).status_code == 302
    archivo.refresh_from_db()
    assert (archivo.publico, archivo.motivo_retiro) == (False, "repetida")
    assert "Retirado por" in client.get(reverse("paginas:proyecto", args=[obra.pk])).content.decode()


def test_the_api_lists_and_takes_files_of_one_thing(client, planificadora, muni, obra):
    ruta = "/api/v1/archivos/"
    datos = {"clase": "foto", "proyecto": obra.pk, "archivo": subido(imagenes.foto(lugar=imagenes.EN_EL_OESTE))}
    assert client.post(ruta, datos).status_code == 403
    client.force_login(planificadora)
    hecho = client.post(ruta, datos | {"archivo": subido(imagenes.foto(lugar=imagenes.EN_EL_OESTE))})
    assert hecho.status_code == 201, hecho.content
    (uno,) = client.get(ruta, {"proyecto": obra.pk}).json()
    assert (uno["uid"], uno["lugar"]["metros"], uno["por"]) == (hecho.json()["uid"], 0, "rosa")
    assert client.get(f"{ruta}{uno['uid']}/").json() == uno
    archivos.publicar(uid=uno["uid"], por=planificadora, publico=True)
    client.logout()
    (visto,) = client.get(ruta, {"proyecto": obra.pk}).json()
    assert (visto["lugar"], visto["por"], visto["sha256"]) == (None, None, None)


@pytest.mark.parametrize(
    ("parametros", "codigo"),
    [
        ({}, 400),
        ({"proyecto": "x"}, 400),
        ({"proyecto": 1, "demanda": 1}, 400),
        ({"q": "1"}, 400),
        ({"proyecto": 0}, 404),
    ],
)
def test_the_api_answers_what_it_does_not_understand_in_words(client, muni, parametros, codigo):
    respuesta = client.get("/api/v1/archivos/", parametros)
    assert respuesta.status_code == codigo
    assert respuesta.json()["error"]


@pytest.mark.parametrize("cambio", [{"proyecto": 10**12}, {"clase": "virus"}, {"otra": "1"}, {"archivo": "texto"}])
def test_a_body_that_cannot_be_is_a_400(client, planificadora, obra, cambio):
    client.force_login(planificadora)
    datos = {"clase": "foto", "proyecto": obra.pk, "archivo": subido(imagenes.foto())}
    assert client.post("/api/v1/archivos/", datos | cambio).status_code == 400


def test_what_a_neighbour_did_not_publish_is_not_there_by_any_door(client, planificadora, muni):
    oculto = hechos.proyecto(muni, "o", publicado=False)
    archivo = adjuntar(planificadora, oculto, imagenes.foto())
    vecino = mundo.unidad("municipio", "990102", mundo.cuadro(4, 0, 2))
    client.force_login(usuaria(vecino, Rol.PLANIFICADOR, "vecina"))
    subida = {"clase": "foto", "archivos": subido(imagenes.foto())}
    assert client.get(de(oculto)).status_code == client.post(de(oculto), subida).status_code == 404
    assert client.get("/api/v1/archivos/", {"proyecto": oculto.pk}).status_code == 404
    assert client.get(f"/api/v1/archivos/{archivo.uid}/").status_code == 404
    assert client.post(reverse("archivos:retirar", args=[archivo.uid]), {"motivo": "x"}).status_code == 404
