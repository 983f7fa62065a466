"""Routes of the people of a municipality, and of invitations."""

from django.urls import path

from territorio.views import personas

app_name = "personas"
urlpatterns = [
    path("municipio/personas/", personas.lista, name="lista"),
    path("municipio/personas/<int:pk>/", personas.cambiar, name="cambiar"),
    path("municipio/personas/<int:pk>/quitar/", personas.quitar, name="quitar"),
    path("municipio/personas/<int:pk>/segundo-factor/", personas.reponer, name="reponer"),
    path("municipio/personas/invitaciones/<int:pk>/retirar/", personas.retirar, name="retirar"),
    path("invitacion/<str:ficha>/", personas.invitacion, name="invitacion"),
]
