"""Bring a backup back: beside what is there, proven, and only then in its place.

Nothing of what is there is touched before the copy has passed every check. Then the two databases change names, and the
old one stays, under the name that is told at the end.
"""

from __future__ import annotations

import io
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.utils.translation import gettext as _

from cuentas.base import asegurar_rol, poner_al_dia
from cuentas.operacion.respaldo import manifiesto as m
from cuentas.operacion.respaldo import postgres
from cuentas.operacion.respaldo.postgres import Falla

Decir = Callable[[str], None]


@dataclass(frozen=True)
class Hecho:
    """What was brought back, and where what was there before lies now (empty: there was nothing)."""

    manifiesto: m.Manifiesto
    base_anterior: str
    archivos_anteriores: str


def restaurar(
    archivo: Path, *, reemplazar: bool = False, aunque_no_verifique: bool = False, decir: Decir = lambda _: None
) -> Hecho:
    """Restore into the database of the settings; raises Falla and then leaves everything as it was."""
    decir(_("Comprobando %s…") % archivo.name)
    manifiesto = m.revisar(archivo)
    nombre = connection.settings_dict["NAME"]
    connection.close()
    hay = postgres.existe(nombre)
    ocupada = hay and not postgres.vacia(nombre)
    _exigir_lugar(nombre, ocupada=ocupada, reemplazar=reemplazar)
    vez = f"{datetime.now(UTC):%Y%m%d%H%M%S}"
    aparte = nombre if hay and not postgres.puede_crear() else f"{nombre[:36]}_restaurando_{vez}"
    if aparte != nombre:
        postgres.crear(aparte)
    carpeta = Path(settings.MEDIA_ROOT) / f".restaurando-{vez}"
    try:
        _llenar(aparte, archivo, manifiesto, aunque_no_verifique=aunque_no_verifique, decir=decir)
        _extraer(archivo, manifiesto, carpeta)
        if aparte != nombre:
            _poner_en_su_lugar(aparte, nombre, vez, hay=hay)
    except BaseException:
        if aparte != nombre:
            postgres.borrar(aparte)
        shutil.rmtree(carpeta, ignore_errors=True)
        raise
    archivos_anteriores = _cambiar_archivos(carpeta, vez)
    if ocupada:
        return Hecho(manifiesto, f"{nombre[:40]}_anterior_{vez}", archivos_anteriores)
    if aparte != nombre and hay:
        postgres.borrar(f"{nombre[:40]}_anterior_{vez}")
    return Hecho(manifiesto, "", archivos_anteriores)


def _exigir_lugar(nombre: str, *, ocupada: bool, reemplazar: bool) -> None:
    if ocupada and not reemplazar:
        raise Falla(
            _("La base «%s» no está vacía. Con --reemplazar se la aparta con otro nombre; no se tocó nada.") % nombre
        )
    if ocupada and not postgres.puede_crear():
        raise Falla(_("Esta cuenta no puede crear bases de datos: dele CREATEDB, o vacíe antes «%s».") % nombre)
    if ocupada and (cuantos := postgres.conectados(nombre)):
        raise Falla(
            _("Hay %(n)s conexiones a «%(base)s»: detenga la web y el trabajador, y vuelva a intentarlo.")
            % {"n": cuantos, "base": nombre}
        )


# --- the database -----------------------------------------------------------------------------------------------------
def _llenar(base: str, archivo: Path, manifiesto: m.Manifiesto, *, aunque_no_verifique: bool, decir: Decir) -> None:
    """Load the dump, prove that all of it came, and bring it to this version of the program."""
    with postgres.trabajando_en(base):
        asegurar_rol()  # the rules of rows name it
    decir(_("Cargando la base de datos…"))
    with tempfile.TemporaryDirectory(dir=settings.VAR_DIR) as lugar:
        volcado = Path(lugar) / m.BASE
        with m.abrir(archivo) as tar, volcado.open("wb") as salida:
            shutil.copyfileobj(tar.extractfile(m.BASE), salida, m.TROZO)  # type: ignore[arg-type]
        postgres.correr(
            "pg_restore", "--no-owner", "--no-privileges", "--no-comments", "--exit-on-error", "--jobs=2",
            f"--dbname={base}", str(volcado), base=base,
        )  # fmt: skip
    with postgres.trabajando_en(base):
        _comparar(manifiesto)
        decir(_("Poniéndola al día…"))
        call_command("migrate", interactive=False, verbosity=0)
        poner_al_dia(forzar=True)
        _comparar_sello(manifiesto)
        decir(_("Verificando…"))
        _verificar(aunque_no_verifique, decir)


def _comparar(manifiesto: m.Manifiesto) -> None:
    """Rows, migrations and seal must be those that the manifest noted."""
    ahora = m.conteos()
    distintas = [
        _("%(tabla)s: %(antes)s filas en el respaldo, %(ahora)s restauradas")
        % {"tabla": tabla, "antes": antes, "ahora": ahora.get(tabla, _("ninguna"))}
        for tabla, antes in _contadas(manifiesto).items()
        if ahora.get(tabla) != antes
    ]
    if faltan := set(manifiesto.migraciones) - set(m.migraciones()):
        distintas.append(_("faltan migraciones: %s") % ", ".join(sorted(faltan)))
    if m.ultimo_sello() != manifiesto.cadena:
        distintas.append(_("el último sello del registro de cambios no es el que se anotó"))
    if distintas:
        raise Falla(_("Lo restaurado no es lo que se guardó:") + "\n" + "\n".join(distintas[:20]))


def _contadas(manifiesto: m.Manifiesto) -> dict[str, int]:
    """The tables that this version of the program knows too; of others it cannot say how many rows they have."""
    presentes = set(connection.introspection.table_names())
    conocidas = m.conteos().keys()
    return {t: n for t, n in manifiesto.conteos.items() if t in conocidas or t not in presentes}


def _comparar_sello(manifiesto: m.Manifiesto) -> None:
    numero, sello = manifiesto.cadena
    if numero and m.sello_guardado(numero) != sello:
        raise Falla(_("Al poner la base al día se perdió el sello %s del registro de cambios.") % numero)


def _verificar(aunque_no_verifique: bool, decir: Decir) -> None:
    dicho = io.StringIO()
    try:
        call_command("verificar", stdout=dicho)
    except SystemExit as salida:
        fallas = "\n".join(linea for linea in dicho.getvalue().splitlines() if not linea.startswith("bien"))
        if not aunque_no_verifique:
            mensaje = _("La copia no pasa «verificar» y no se puso en su lugar (--aunque-no-verifique la pone):")
            raise Falla(mensaje + "\n" + fallas) from salida
        decir(fallas)


def _poner_en_su_lugar(aparte: str, nombre: str, vez: str, *, hay: bool) -> None:
    """The old database takes another name and the copy takes its own; if the second fails, the first is undone."""
    anterior = f"{nombre[:40]}_anterior_{vez}"
    if hay:
        postgres.renombrar(nombre, anterior)
    try:
        postgres.renombrar(aparte, nombre)
    except Falla:
        if hay:
            postgres.renombrar(anterior, nombre)
        raise


# --- the files --------------------------------------------------------------------------------------------------------
def _extraer(archivo: Path, manifiesto: m.Manifiesto, carpeta: Path) -> None:
    """Write the uploaded files into a folder of their own, on the disk where they belong."""
    carpeta.mkdir(parents=True, mode=0o700)
    with m.abrir(archivo) as tar:
        for parte in manifiesto.partes:
            if not parte.nombre.startswith(m.ARCHIVOS):
                continue
            destino = carpeta / parte.nombre.removeprefix(m.ARCHIVOS)
            destino.parent.mkdir(parents=True, exist_ok=True)
            with destino.open("wb") as salida:
                shutil.copyfileobj(tar.extractfile(parte.nombre), salida, m.TROZO)  # type: ignore[arg-type]
            destino.chmod(tar.getmember(parte.nombre).mode & 0o777)
    for relativa, modo in manifiesto.carpetas.items():
        (carpeta / relativa).mkdir(parents=True, exist_ok=True)
        (carpeta / relativa).chmod(modo & 0o777)
    if os.geteuid() == 0:  # the service, not root, must go on writing there
        dueno = Path(settings.MEDIA_ROOT).stat()
        for ruta in [carpeta, *carpeta.rglob("*")]:
            os.chown(ruta, dueno.st_uid, dueno.st_gid)


def _cambiar_archivos(carpeta: Path, vez: str) -> str:
    """Put the files in the place of those there, which move aside; returns where to."""
    # Entry by entry: the folder itself may be the root of a disk.
    raiz = Path(settings.MEDIA_ROOT)
    aparte = raiz / f".anteriores-{vez}"
    for viejo in [ruta for ruta in raiz.iterdir() if not ruta.name.startswith(".")]:
        aparte.mkdir(exist_ok=True, mode=0o700)
        viejo.rename(aparte / viejo.name)
    for nuevo in list(carpeta.iterdir()):
        nuevo.rename(raiz / nuevo.name)
    carpeta.rmdir()
    return str(aparte) if aparte.exists() else ""
