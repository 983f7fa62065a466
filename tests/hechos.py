"""Demands, projects and operations of a test's world, each placed as soon as it is made."""

from demandas.models import Demanda
from proyectos.models import POA, Operacion, Proyecto, Respuesta
from territorio.localizacion import localizar
from territorio.models import Equipamiento, Sector

COLUMNA = {"Point": "punto", "MultiLineString": "linea", "MultiPolygon": "poligono"}


def sector(codigo: str) -> Sector:
    return Sector.objects.filter(codigo=codigo).latest("vigencia")


def _lugar(geom) -> dict:
    return {COLUMNA[geom.geom_type]: geom} if geom is not None else {}


def demanda(muni, codigo: str, geom=None, *, publicada: bool = True, ubicar: bool = True, **campos) -> Demanda:
    campos = {"titulo": f"Demanda {codigo}", **campos, **_lugar(geom)}
    nueva = Demanda.objects.create(municipio=muni, codigo=codigo, publicada=publicada, **campos)
    if ubicar:
        localizar(Demanda.objects.filter(pk=nueva.pk))
        nueva.refresh_from_db()
    return nueva


def proyecto(
    muni, codigo: str, geom=None, *, responde=(), beneficia=(), publicado: bool = True, ubicar: bool = True, **campos
) -> Proyecto:
    campos = {"nombre": f"Proyecto {codigo}", **campos, **_lugar(geom)}
    nuevo = Proyecto.objects.create(municipio=muni, codigo=codigo, publicado=publicado, **campos)
    nuevo.beneficiarias.set(beneficia)
    Respuesta.objects.bulk_create([Respuesta(proyecto=nuevo, demanda=d) for d in responde])
    if ubicar:
        localizar(Proyecto.objects.filter(pk=nuevo.pk))
        nuevo.refresh_from_db()
    return nuevo


def operacion(proyecto_: Proyecto, gestion: int = 2024, *, estado: str = "en_ejecucion", **montos) -> Operacion:
    poa, _creado = POA.objects.get_or_create(
        municipio=proyecto_.municipio, gestion=gestion, defaults={"estado": estado}
    )
    return Operacion.objects.create(poa=poa, proyecto=proyecto_, **montos)


def equipamiento(muni, codigo: str, geom=None, *, sector_: str = "20", ubicar: bool = True, **campos) -> Equipamiento:
    campos = {"nombre": f"Servicio {codigo}", "tipo": "puesto de salud", "estado": "funciona", **campos, **_lugar(geom)}
    nuevo = Equipamiento.objects.create(municipio=muni, codigo=codigo, sector=sector(sector_), **campos)
    if ubicar:
        localizar(Equipamiento.objects.filter(pk=nuevo.pk))
        nuevo.refresh_from_db()
    return nuevo
