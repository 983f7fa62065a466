// The small map of a result, and the progress of a run that is being computed.
import { Puntos, hacerMapa } from "./puntos.js";

const elemento = document.getElementById("datos-corrida");
if (elemento && window.L) {
  const datos = JSON.parse(elemento.textContent);
  const marco = document.getElementById("mapa-corrida");
  const { mapa } = hacerMapa(marco, datos);
  const puntos = datos.puntos.map(([pk, titulo, clase, lugar]) => ({ pk, titulo, clase, lugar }));
  const capa = new Puntos({
    puntos,
    clase: (i) => puntos[i].clase,
    alElegir: (lugares) => {
      const lista = document.createElement("ul");
      for (const i of lugares.slice(0, 8)) {
        const enlace = document.createElement("a");
        enlace.href = datos.demanda.replace("/0/", `/${puntos[i].pk}/`);
        enlace.textContent = puntos[i].titulo;
        const punto = document.createElement("li");
        punto.append(enlace);
        lista.append(punto);
      }
      const [lon, lat] = puntos[lugares[0]].lugar;
      L.popup({ maxWidth: 260 }).setLatLng([lat, lon]).setContent(lista).openOn(mapa);
    },
  });
  mapa.addLayer(capa);
  mapa.scrollWheelZoom.disable();
}

const marcha = document.querySelector("[data-marcha]");
if (marcha) {
  const barra = marcha.querySelector("progress");
  const texto = marcha.querySelector("[data-progreso]");
  const mirar = async () => {
    try {
      const { estado, progreso } = await (await fetch(marcha.dataset.marcha)).json();
      if (estado !== "en_cola" && estado !== "calculando") { location.reload(); return; }
      barra.value = progreso;
      texto.textContent = `${progreso} %`;
    } catch { /* the line is down: the next look tells */ }
    setTimeout(mirar, 1000);
  };
  setTimeout(mirar, 1000);
}
