"""Who may ask for the routes of accounts, of the site itself, and of machines."""

from cuentas import rutas

rutas.abiertas("cuentas:ingresar", metodos=rutas.AMBOS, libre=True)
rutas.abiertas("cuentas:salir", "set_language", metodos=rutas.ESCRITURA, libre=True)
rutas.con_cuenta("cuentas:segundo-paso", "cuentas:cuenta", "cuentas:clave", "cuentas:segundo-factor", libre=True)
rutas.con_cuenta("cuentas:cerrar-sesiones", "cuentas:codigos", metodos=rutas.ESCRITURA, libre=True)
rutas.con_cuenta("cuentas:quitar-segundo-factor", metodos=rutas.ESCRITURA, sin_obligados=True, libre=True)
rutas.abiertas("salud", "salud-vivo", "salud-listo", libre=True)
rutas.de_maquinas("metricas")
rutas.del_sistema("admin")
