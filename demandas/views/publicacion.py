"""Pages that write about demands."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from demandas.models import Demanda
from demandas.services.publicacion import publicar_demandas
from territorio.views.publicacion import Publicacion, atender


@login_required
@require_POST
def publicar(request: HttpRequest) -> HttpResponse:
    """Publish the demands chosen in a list, or one on its page, or take them back."""
    visibles = Demanda.objects.visibles_para(request.user)
    return atender(
        request, Publicacion(publicar_demandas, visibles, "publicada", "paginas:demandas", "paginas:demanda")
    )
