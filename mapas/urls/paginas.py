"""Routes of the pages that are not maps."""

from django.urls import path

from demandas.models import Demanda
from mapas.registro.alcance import CON_PAGINA
from mapas.views import (
    ayuda,
    diagnostico,
    fichas,
    historia,
    listas,
    paginas,
    planes,
    priorizaciones,
    registro,
    territorio,
)
from proyectos.models import PDM, POA, Proyecto
from territorio.models import UnidadTerritorial

_CON_REGISTRO = (
    ("unidades", UnidadTerritorial),
    ("demandas", Demanda),
    ("proyectos", Proyecto),
    ("planes/pdm", PDM),
    ("planes/poa", POA),
)

app_name = "paginas"
urlpatterns = [
    path("buscar/", paginas.buscar, name="buscar"),
    path("aqui/", paginas.aqui, name="aqui"),
    path("municipios/", paginas.municipios, name="municipios"),
    path("territorio/", territorio.explorador, name="territorio"),
    path("territorio/buscar/", territorio.buscar, name="territorio-buscar"),
    path("territorio/aqui/", territorio.aqui, name="territorio-aqui"),
    path("territorio/rama/<int:pk>/", territorio.rama, name="territorio-rama"),
    path("territorio/unidad/<int:pk>/", territorio.tarjeta, name="territorio-unidad"),
    path("unidades/<int:pk>/", fichas.unidad, name="unidad"),
    path("unidades/<int:pk>/historia/", historia.historia, name="historia"),
    *(
        path(
            f"{base}/<int:pk>/registro/", registro.de_objeto, {"modelo": modelo}, name=f"{CON_PAGINA[modelo]}-registro"
        )
        for base, modelo in _CON_REGISTRO
    ),
    path("municipio/registro/", registro.de_municipio, name="registro"),
    path("municipio/registro.csv", registro.de_municipio_csv, name="registro-csv"),
    *(path(f"ayuda/{cual}/", ayuda.guia, {"cual": cual}, name=f"guia-{cual}") for cual in ayuda.GUIAS),
    *(path(f"ayuda/{cual}.pdf", ayuda.guia_pdf, {"cual": cual}, name=f"guia-{cual}-pdf") for cual in ayuda.GUIAS),
    path("sello/", registro.sello, name="sello"),
    path("sello.json", registro.sello_json, name="sello-json"),
    path("demandas/", listas.demandas, name="demandas"),
    path("demandas/<int:pk>/", fichas.demanda, name="demanda"),
    path("diagnostico/", diagnostico.pagina, name="diagnostico"),
    path("diagnostico.xlsx", diagnostico.xlsx, name="diagnostico-xlsx"),
    path("diagnostico.docx", diagnostico.docx, name="diagnostico-docx"),
    path("diagnostico/institucional.xlsx", diagnostico.institucional_xlsx, name="institucional-xlsx"),
    path("priorizaciones/", priorizaciones.lista, name="priorizaciones"),
    path("priorizaciones/<uuid:uid>/", priorizaciones.corrida, name="priorizacion"),
    path("priorizaciones/<uuid:uid>/estado.json", priorizaciones.estado, name="priorizacion-estado"),
    path("priorizaciones/<uuid:uid>/lista.xlsx", priorizaciones.planilla_de_corrida, name="priorizacion-xlsx"),
    path("priorizaciones/<uuid:uid>/lista.pdf", priorizaciones.cartel, name="priorizacion-pdf"),
    path("equipamientos/", listas.equipamientos, name="equipamientos"),
    path("equipamientos/<int:pk>/", fichas.equipamiento, name="equipamiento"),
    path("planes/", planes.lista, name="planes"),
    path("planes/pdm/<int:pk>/", planes.pdm, name="pdm"),
    path("planes/poa/<int:pk>/", planes.poa, name="poa"),
    path("proyectos/", listas.proyectos, name="proyectos"),
    path("proyectos/<int:pk>/", fichas.proyecto, name="proyecto"),
]
