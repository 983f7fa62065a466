"""Uploads of limits as people make them, and the work that the queue then does."""

import json

from django.core.files.uploadedfile import SimpleUploadedFile

from territorio.importacion.filas import guardar
from territorio.models import EstadoImportacion as E
from territorio.models import Importacion, UnidadTerritorial
from territorio.services import importaciones, marcha
from tests import mundo


def subida(nombre: str = "distritos.geojson", cuerpo: bytes | None = None, filas=None) -> SimpleUploadedFile:
    """Two districts, as somebody would upload them."""
    if cuerpo is None:
        filas = filas or [
            (mundo.cuadro(0, 0, 2), {"codigo": "1", "nombre": "Oeste"}),
            (mundo.cuadro(2, 0, 2), {"codigo": "2", "nombre": "Este"}),
        ]
        rasgos = [{"type": "Feature", "properties": p, "geometry": json.loads(g.json)} for g, p in filas]
        cuerpo = json.dumps({"type": "FeatureCollection", "features": rasgos}).encode()
    return SimpleUploadedFile(nombre, cuerpo)


def recibir(muni, por, *subidas, nivel: str = "distrito", **opciones) -> Importacion:
    return importaciones.recibir(
        por=por, municipio=muni, nivel=mundo.nivel(nivel), archivos=subidas or [subida()], **opciones
    )


def trabajar(importacion: Importacion, que=None) -> Importacion:
    """What the queue's job would do."""
    que = (
        que or {E.EN_COLA: marcha.leer, E.APLICANDO: marcha.aplicar, E.DESHACIENDO: marcha.deshacer}[importacion.estado]
    )
    que(uid=importacion.uid, trabajo=importacion.trabajo)
    importacion.refresh_from_db()
    return importacion


def distritos() -> set[str]:
    return set(UnidadTerritorial.objects.del_nivel("distrito").values_list("nombre", flat=True))


def con_informe(importacion: Importacion, **informe) -> Importacion:
    """A record with a report, as reading leaves it."""
    guardar(importacion, informe)
    importacion.save()
    return importacion
