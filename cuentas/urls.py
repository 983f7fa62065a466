from django.urls import path

from cuentas.views import cuenta, ingreso

app_name = "cuentas"
urlpatterns = [
    path("entrar/", ingreso.Ingresar.as_view(), name="ingresar"),
    path("entrar/codigo/", ingreso.SegundoPaso.as_view(), name="segundo-paso"),
    path("salir/", ingreso.Salir.as_view(), name="salir"),
    path("cuenta/", cuenta.cuenta, name="cuenta"),
    path("cuenta/clave/", cuenta.CambiarClave.as_view(), name="clave"),
    path("cuenta/sesiones/cerrar/", cuenta.cerrar_sesiones, name="cerrar-sesiones"),
    path("cuenta/segundo-factor/", cuenta.poner_segundo_factor, name="segundo-factor"),
    path("cuenta/segundo-factor/codigos/", cuenta.hacer_codigos, name="codigos"),
    path("cuenta/segundo-factor/quitar/", cuenta.quitar_segundo_factor, name="quitar-segundo-factor"),
]
