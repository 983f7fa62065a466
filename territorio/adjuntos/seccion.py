"""What the section «Documentos y fotos» of a page shows, and to whom."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.contrib.gis.geos import GEOSGeometry
from django.db import models

from cuentas.permisos import puede
from territorio.adjuntos import enlaces
from territorio.models import Archivo, ClaseDeArchivo, Limite, UnidadTerritorial
from territorio.permisos import PUBLICAR_ARCHIVO, VER_ORIGINALES
from territorio.services import archivos as servicio

EN_LA_FICHA = 12


def seccion(usuario, objeto, *, cuantos: int | None = EN_LA_FICHA) -> dict[str, Any]:
    """Its files, newest first, each with `lugar` and what `usuario` may do with it; what is attached and by whom."""
    enlace = enlaces.de(objeto)
    suyos = archivos_de(usuario, objeto, enlace)
    miembro = se_lo_alcanza(usuario, objeto, enlace)
    publica = miembro and puede(usuario, PUBLICAR_ARCHIVO, objeto.municipio, objeto)
    return {
        "objeto": objeto,
        "de": enlace.clase,
        "archivos": _con_lo_que_se_puede(suyos[:cuantos], usuario, miembro, publica),
        "total": suyos.count(),
        "miembro": miembro,
        "puede_adjuntar": puede(usuario, enlace.accion, objeto.municipio, objeto),
        "puede_publicar": publica,
        "ve_originales": miembro and puede(usuario, VER_ORIGINALES, objeto.municipio, objeto),
        "publicado": enlace.esta_publicado(objeto),
        "clases": ClaseDeArchivo.choices,
        "foto_mb": settings.MINKA_FOTO_MAXIMO_MB,
        "documento_mb": settings.MINKA_DOCUMENTO_MAXIMO_MB,
    }


def archivos_de(usuario, objeto, enlace: enlaces.Enlace) -> models.QuerySet[Archivo]:
    """The files of a thing that `usuario` may see, each with `metros` from where it was taken to the thing."""
    return (
        Archivo.objects.visibles_para(usuario)
        .filter(pk__in=enlace.de_objeto(objeto))
        .con_metros_a(lugar_de(objeto))
        .select_related("por", "retirado_por", "municipio")
    )


def lugar_de(objeto) -> GEOSGeometry | None:
    """Where a thing lies: its own geometry, else the point or the limit of its unit where that is a community."""
    propia = getattr(objeto, "geometria", None)
    unidad: UnidadTerritorial | None = getattr(objeto, getattr(objeto, "CAMPO_UNIDAD", ""), None)
    if propia or unidad is None or not unidad.nivel.es_base:
        return propia
    limite = Limite.objects.en_vigor().filter(unidad=unidad).first()
    return limite.geom if limite else unidad.punto


def se_lo_alcanza(usuario, objeto, enlace: enlaces.Enlace) -> bool:
    """Whether the roles of `usuario` reach the thing, so that she sees what is not published of it."""
    if not usuario.is_authenticated or usuario.is_superuser:
        return usuario.is_authenticated
    todos = enlace.objetos._default_manager.all()
    return todos.filter(todos.del_alcance_de(usuario), pk=objeto.pk).exists()


def _con_lo_que_se_puede(filas: Iterable[Archivo], usuario, miembro: bool, publica: bool) -> list[Archivo]:
    hechas = []
    for archivo in filas:
        # A visitor learns the distance with the place, or not at all.
        if not (miembro or archivo.con_lugar) or archivo.metros is None:
            archivo.metros = archivo.punto = None
        else:
            archivo.metros = archivo.metros.m
            archivo.lejos = archivo.metros > settings.MINKA_FOTO_LEJOS_M
        archivo.se_retira = miembro and (publica or servicio.puede_retirar(usuario, archivo))
        hechas.append(archivo)
    return hechas
