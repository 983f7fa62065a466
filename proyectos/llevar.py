"""Projects that answer a demand go over to the one it is joined to."""

from demandas import llevar
from demandas.models import Demanda
from proyectos.models import Proyecto, Respuesta
from proyectos.services.respuestas import poner_al_dia


@llevar.registrar("respuestas")
class Respuestas:
    @staticmethod
    def llevar(por, queda: Demanda, se_une: Demanda) -> dict[str, list[int]]:
        suyos = set(se_une.respuestas.values_list("proyecto", flat=True))
        nuevos = suyos - set(queda.respuestas.values_list("proyecto", flat=True))
        Respuesta.objects.filter(demanda=se_une).delete()
        Respuesta.objects.bulk_create(Respuesta(demanda=queda, proyecto_id=p) for p in sorted(nuevos))
        poner_al_dia(por=por, proyectos=Proyecto.objects.filter(pk__in=nuevos))
        return {"suyos": sorted(suyos), "nuevos": sorted(nuevos)}

    @staticmethod
    def devolver(por, queda: Demanda, se_une: Demanda, llevado: dict[str, list[int]]) -> None:
        Respuesta.objects.filter(demanda=queda, proyecto__in=llevado.get("nuevos", [])).delete()
        quedan = Proyecto.objects.filter(pk__in=llevado.get("suyos", [])).values_list("pk", flat=True)
        Respuesta.objects.bulk_create((Respuesta(demanda=se_une, proyecto_id=p) for p in quedan), ignore_conflicts=True)
