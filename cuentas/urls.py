from django.urls import path

from cuentas import views

app_name = "cuentas"
urlpatterns = [
    path("entrar/", views.Ingresar.as_view(), name="ingresar"),
    path("salir/", views.Salir.as_view(), name="salir"),
]
