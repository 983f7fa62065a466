"""Projects published, and taken back."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from proyectos.models import Proyecto
from proyectos.services.publicacion import publicar_proyectos
from territorio.views.publicacion import Publicacion, atender


@login_required
@require_POST
def publicar(request: HttpRequest) -> HttpResponse:
    """Publish the projects chosen in a list, or one on its page, or take them back."""
    visibles = Proyecto.objects.visibles_para(request.user)
    return atender(
        request, Publicacion(publicar_proyectos, visibles, "publicado", "paginas:proyectos", "paginas:proyecto")
    )
