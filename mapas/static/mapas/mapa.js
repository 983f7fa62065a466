// One map page: units, labels and located features over the outlines, tied to the panel and to the table.
// Figures come from the page; their text is read from the table's cells, so that all three say the same.
window.Minka = window.Minka || {};

(() => {
  "use strict";

  const TINTA = "#1f2933";
  const BORDE = "#4a5561";

  // --- signs ------------------------------------------------------------------------------------------------------
  const poligono = (x, y, r, puntos) => `M${puntos.map(([a, b]) => `${(x + a * r).toFixed(1)} ${(y + b * r).toFixed(1)}`).join("L")}z`;
  const LADOS = {
    rombo: [[0, -1.2], [1.2, 0], [0, 1.2], [-1.2, 0]],
    triangulo: [[0, -1.15], [1.15, 0.95], [-1.15, 0.95]],
    cuadrado: [[-1, -1], [1, -1], [1, 1], [-1, 1]],
    estrella: [[0, -1.35], [0.4, -0.45], [1.35, -0.37], [0.63, 0.3], [0.85, 1.27], [0, 0.75], [-0.85, 1.27], [-0.63, 0.3], [-1.35, -0.37], [-0.4, -0.45]],
    cruz: [[-1.15, -0.75], [-0.75, -1.15], [0, -0.4], [0.75, -1.15], [1.15, -0.75], [0.4, 0], [1.15, 0.75], [0.75, 1.15], [0, 0.4], [-0.75, 1.15], [-1.15, 0.75], [-0.4, 0]],
  };
  const Signo = window.L && L.CircleMarker.extend({
    _updatePath() {
      const lados = LADOS[this.options.forma];
      if (!lados) return this._renderer._updateCircle(this);
      const { x, y } = this._point;
      this._renderer._setPath(this, this._empty() ? "M0 0" : poligono(x, y, this._radius, lados));
    },
  });

  // --- small things -----------------------------------------------------------------------------------------------
  const sinAcentos = (texto) => texto.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const poner = (texto, valores) => texto.replace(/%\((\w+)\)s/g, (todo, clave) => valores[clave] ?? todo);
  const nodo = (etiqueta, atributos = {}, ...hijos) => {
    const uno = document.createElement(etiqueta);
    for (const [clave, valor] of Object.entries(atributos)) {
      if (clave === "class") uno.className = valor;
      else if (clave.startsWith("on")) uno.addEventListener(clave.slice(2), valor);
      else uno.setAttribute(clave, valor);
    }
    uno.append(...hijos.filter((hijo) => hijo !== null));
    return uno;
  };

  const ICONOS = {
    mas: "M10 3v14M3 10h14",
    menos: "M3 10h14",
    todo: "M3 8V3h5M12 3h5v5M17 12v5h-5M8 17H3v-5M7.5 7.5h5v5h-5z",
    posicion: "M10 1v3M10 16v3M1 10h3M16 10h3M10 5a5 5 0 1 0 0 10a5 5 0 1 0 0-10zM10 9a1 1 0 1 0 0 2a1 1 0 1 0 0-2z",
    pantalla: "M12 3h5v5M17 3l-6 6M8 17H3v-5M3 17l6-6",
  };
  function icono(cual) {
    const dibujo = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    for (const [clave, valor] of Object.entries({ viewBox: "0 0 20 20", width: 20, height: 20, "aria-hidden": "true" })) dibujo.setAttribute(clave, valor);
    const trazo = document.createElementNS("http://www.w3.org/2000/svg", "path");
    trazo.setAttribute("d", ICONOS[cual]);
    dibujo.append(trazo);
    return dibujo;
  }

  function numero(valor, decimales, { decimal, miles }) {
    const [enteros, fraccion] = Math.abs(valor).toFixed(decimales).split(".");
    const con = enteros.replace(/\B(?=(\d{3})+$)/g, miles);
    return (valor < 0 ? "-" : "") + con + (fraccion ? decimal + fraccion : "");
  }

  // Arrows walk over a group of drawn elements of which only one is a stop of the Tab key. `grupo` may change: it is a
  // function that gives the elements of the moment, in order.
  function recorrido(elemento, grupo, alElegir) {
    elemento.setAttribute("tabindex", "-1");
    elemento.addEventListener("keydown", (evento) => {
      const paso = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[evento.key];
      if (paso) {
        const todos = grupo();
        const otro = todos[(todos.indexOf(elemento) + paso + todos.length) % todos.length];
        elemento.setAttribute("tabindex", "-1");
        otro.setAttribute("tabindex", "0");
        otro.focus({ preventScroll: true });
      } else if (evento.key === "Enter" || evento.key === " ") {
        alElegir();
      } else return;
      evento.preventDefault();
      evento.stopPropagation();
    });
  }

  // --- the page -----------------------------------------------------------------------------------------------------
  Minka.mapa = function (mapa, elemento) {
    const datos = JSON.parse(elemento.textContent);
    const { textos } = datos;
    const pagina = document.querySelector(".mapa-pagina");
    const panel = pagina.querySelector(".panel");
    const plano = pagina.querySelector(".plano");
    const movil = window.matchMedia("(max-width: 768px)");
    const clases = new Map(datos.clases.map((clase) => [clase.clave, clase]));
    const unidades = leerUnidades();
    let elegida = null;
    let soloClase = "";

    function leerUnidades() {
      const filas = new Map();
      for (const fila of pagina.querySelectorAll(".cifras-tabla tbody tr")) filas.set(Number(fila.dataset.id), fila);
      const todas = new Map();
      for (const valores of datos.filas) {
        const unidad = Object.fromEntries(datos.claves.map((clave, i) => [clave, valores[i]]));
        const fila = filas.get(unidad.id);
        const enlace = fila.querySelector("a");
        const celdas = [...fila.querySelectorAll("td")].map((celda) => celda.textContent);
        const textoDe = new Map(datos.columnas.map((columna, i) => [columna.clave, celdas[i]]));
        todas.set(unidad.id, {
          ...unidad, fila, textoDe, nombre: enlace.textContent, url: enlace.href,
          codigo: fila.querySelector(".codigo").textContent,
        });
      }
      return todas;
    }

    const etiquetaDe = (unidad) => clases.get(unidad.clase)?.etiqueta ?? "";
    const valorDe = (unidad) => unidad.textoDe.get(datos.valor) ?? "";
    const resumenDe = (unidad) => [...new Set([valorDe(unidad), etiquetaDe(unidad)])].filter(Boolean).join(" · ");
    const rellenoDe = (clave) => {
      const clase = clases.get(clave);
      return !clase ? "#fff" : clase.trama ? `url(#trama-${clave})` : clase.color;
    };

    function muestra(clave) {
      const dibujo = pagina.querySelector(`.clase[data-clase="${CSS.escape(clave)}"] .muestra`);
      return dibujo ? dibujo.cloneNode(true) : nodo("span");
    }

    // --- where things are: the address keeps the chosen unit and the tab ----------------------------------------------
    function leerDireccion() {
      const ancla = location.hash.slice(1);
      if (ancla === "tabla" || ancla === "descargar") return { ver: ancla };
      return Object.fromEntries(new URLSearchParams(ancla));
    }
    function escribirDireccion() {
      const ancla = new URLSearchParams();
      if (elegida) ancla.set("u", elegida.id);
      if (pagina.dataset.ver !== "mapa") ancla.set("ver", pagina.dataset.ver);
      history.replaceState(null, "", ancla.size ? `#${ancla}` : location.pathname + location.search);
    }

    // --- map --------------------------------------------------------------------------------------------------------------
    mapa.setMinZoom(5).setMaxZoom(19);
    mapa.attributionControl?.setPrefix(false);
    const contenedor = mapa.getContainer();
    contenedor.setAttribute("role", "group");
    contenedor.setAttribute("aria-label", plano.getAttribute("aria-label"));
    mapa.createPane("rasgos").style.zIndex = 450;
    mapa.createPane("rotulo").style.zIndex = 440;
    const dibujoUnidades = L.svg({ padding: 0.5 });
    const dibujoRasgos = L.svg({ pane: "rasgos", padding: 0.5 });

    const tapado = () => (movil.matches && !plano.classList.contains("de-papel") && pagina.dataset.ver === "mapa" ? panel.offsetHeight : 0);
    let caja = datos.caja && L.latLngBounds([datos.caja[1], datos.caja[0]], [datos.caja[3], datos.caja[2]]);
    let movido = false;
    function verTodo() {
      movido = false;
      if (caja) mapa.fitBounds(caja, { paddingTopLeft: [16, 36], paddingBottomRight: [16, 36 + Math.min(tapado(), mapa.getSize().y * 0.6)], animate: false });
    }
    verTodo();

    contenedor.addEventListener("pointerdown", () => { movido = true; });
    contenedor.addEventListener("wheel", () => { movido = true; }, { passive: true });

    L.control.scale({ imperial: false, position: movil.matches ? "topleft" : "bottomleft" }).addTo(mapa);
    const barra = new (L.Control.extend({
      options: { position: "bottomright" },
      onAdd() {
        const caja = L.DomUtil.create("div", "leaflet-bar");
        const boton = (clase, signo, nombre, accion) => {
          const uno = nodo("a", { href: "#", role: "button", title: nombre, "aria-label": nombre, class: clase }, icono(signo));
          uno.addEventListener("click", (evento) => { evento.preventDefault(); accion(); });
          uno.addEventListener("keydown", (evento) => { if (evento.key === " ") { evento.preventDefault(); accion(); } });
          caja.append(uno);
          return uno;
        };
        boton("", "mas", textos.acercar, () => mapa.zoomIn());
        boton("", "menos", textos.alejar, () => mapa.zoomOut());
        boton("", "todo", textos.todo, verTodo);
        if (navigator.geolocation) boton("boton-posicion", "posicion", textos.posicion, buscarPosicion);
        if (document.fullscreenEnabled) boton("boton-pantalla", "pantalla", textos.pantalla, () => (document.fullscreenElement ? document.exitFullscreen() : plano.requestFullscreen()));
        L.DomEvent.disableClickPropagation(caja);
        return caja;
      },
    }))();
    mapa.addControl(barra);

    const escala = plano.querySelector(".plano-escala");
    function ponerEscala() {
      const metros = (40075016.7 * Math.cos((mapa.getCenter().lat * Math.PI) / 180)) / (256 * 2 ** mapa.getZoom());
      const uno = metros / 0.00028; // a screen pixel of 0.28 mm, as the OGC standardises it
      const orden = 10 ** Math.max(0, Math.floor(Math.log10(uno)) - 1);
      escala.textContent = poner(textos.escala, { n: numero(Math.round(uno / orden) * orden, 0, datos.numeros) });
    }
    mapa.on("zoomend", ponerEscala);
    ponerEscala();

    let posicion = null;
    function buscarPosicion() {
      mapa.once("locationfound", ({ latlng, accuracy }) => {
        posicion?.remove();
        posicion = L.layerGroup([
          L.circle(latlng, { radius: accuracy, color: "#0b6e74", weight: 1, interactive: false }),
          L.circleMarker(latlng, { radius: 7, color: "#fff", weight: 2, fillColor: "#0b6e74", fillOpacity: 1 }).bindTooltip(textos.aqui),
        ]).addTo(mapa);
      });
      mapa.once("locationerror", () => avisar(textos.sin_posicion, 5000));
      mapa.locate({ setView: true, maxZoom: 15, enableHighAccuracy: true, timeout: 15000 });
    }

    const estado = plano.querySelector(".plano-estado");
    function avisar(texto, milisegundos = 0, accion = null) {
      estado.hidden = !texto;
      estado.replaceChildren(texto, ...(accion ? [nodo("button", { type: "button", onclick: accion }, textos.reintentar)] : []));
      if (milisegundos) setTimeout(() => { estado.hidden = true; }, milisegundos);
    }

    // --- units -----------------------------------------------------------------------------------------------------------
    const capas = new Map();
    function estiloDe(id, enDisputa) {
      const unidad = unidades.get(id);
      const apagada = soloClase && unidad?.clase !== soloClase;
      const esLaElegida = elegida?.id === id;
      return {
        renderer: dibujoUnidades, color: esLaElegida ? TINTA : BORDE,
        weight: esLaElegida ? 3.5 : enDisputa ? 2 : 0.8, dashArray: enDisputa ? "7 4" : null,
        opacity: apagada ? 0.25 : 1, fillColor: rellenoDe(unidad?.clase ?? "sin_datos"), fillOpacity: apagada ? 0.06 : 0.85,
      };
    }
    const repintar = () => capas.forEach((capa, id) => capa.setStyle(estiloDe(id, capa.feature.properties.estado === "en_conflicto")));

    async function cargarUnidades() {
      avisar(textos.cargando);
      let dibujo;
      try {
        const respuesta = await fetch(datos.geometria);
        if (!respuesta.ok) throw new Error(respuesta.status);
        dibujo = await respuesta.json();
      } catch {
        avisar(textos.fallo, 0, cargarUnidades);
        return;
      }
      avisar("");
      if (dibujo.contorno?.geometry) {
        L.geoJSON(dibujo.contorno, { interactive: false, style: { renderer: dibujoUnidades, color: TINTA, weight: 1.5, fill: false, opacity: 0.7 } }).addTo(mapa);
      }
      const capa = L.geoJSON(dibujo, {
        filter: (rasgo) => unidades.has(rasgo.id),
        style: (rasgo) => estiloDe(rasgo.id, rasgo.properties.estado === "en_conflicto"),
        pointToLayer: (rasgo, lugar) => L.circleMarker(lugar, { radius: 8 }),
        onEachFeature: (rasgo, una) => capas.set(rasgo.id, una),
      }).addTo(mapa);
      for (const [id, una] of capas) prepararUnidad(unidades.get(id), una);
      const trazos = [...unidades.keys()].filter((id) => capas.has(id)).map((id) => capas.get(id).getElement());
      for (const trazo of trazos) recorrido(trazo, () => trazos, () => elegir(Number(trazo.dataset.id), true));
      trazos[0]?.setAttribute("tabindex", "0");
      if (capa.getLayers().length && !datos.caja) { caja = capa.getBounds(); verTodo(); }
      contenedor.dataset.unidades = capas.size;
      rotular();
      cargarInfluencia();
      mapa.on("moveend zoomend", rotular);
      if (elegida) elegir(elegida.id, true);
    }

    // Estimated areas lie under everything, hatched and dashed, and take no click from a unit.
    async function cargarInfluencia() {
      if (!datos.influencia) return;
      try {
        const dibujo = await (await fetch(datos.influencia)).json();
        const areas = L.geoJSON(dibujo, {
          style: { renderer: dibujoUnidades, color: "#52606d", weight: 1, dashArray: "4 4", fillColor: "url(#trama-influencia)", fillOpacity: 1, className: "influencia" },
          onEachFeature: (rasgo, una) => una.bindPopup(() => nodo("p", {}, poner(textos.estimada, { unidad: rasgo.properties.nombre }))),
        }).addTo(mapa);
        areas.bringToBack();
        contenedor.dataset.influencia = dibujo.features.length;
      } catch {
        avisar(textos.fallo, 5000);
      }
    }

    function prepararUnidad(unidad, capa) {
      const disputa = capa.feature.properties.estado === "en_conflicto" ? ` (${textos.en_disputa})` : "";
      const trazo = capa.getElement();
      trazo.setAttribute("role", "button");
      trazo.setAttribute("aria-label", `${unidad.nombre}: ${resumenDe(unidad)}${disputa}`);
      trazo.dataset.id = unidad.id;
      capa.bindTooltip(() => nodo("span", {}, nodo("b", {}, unidad.nombre), nodo("br"), resumenDe(unidad) + disputa), { sticky: true, direction: "top", opacity: 1 });
      // The chosen unit's figures are in its pop-up: a hint would lie half hidden under it.
      capa.on("tooltipopen", () => { if (elegida === unidad) capa.closeTooltip(); });
      capa.on("click", (evento) => { L.DomEvent.stopPropagation(evento); elegir(unidad.id, false, evento.latlng); });
    }

    const centroDe = (capa) => {
      const { rotulo } = capa.feature.properties;
      return rotulo ? L.latLng(rotulo[1], rotulo[0]) : capa.getLatLng ? capa.getLatLng() : capa.getBounds().getCenter();
    };

    // A label is set where it fits in its own unit and over no other: large units first.
    const rotulos = L.layerGroup().addTo(mapa);
    function rotular() {
      rotulos.clearLayers();
      const vista = mapa.getBounds();
      const puestos = [];
      let faltan = 80;
      for (const [id, capa] of capas) {
        if (!faltan) break;
        if (!capa.getBounds) continue;
        const nombre = unidades.get(id).nombre;
        const ancho = nombre.length * 6.6 + 10;
        const limites = capa.getBounds();
        if (!vista.intersects(limites)) continue;
        const so = mapa.latLngToContainerPoint(limites.getSouthWest());
        const ne = mapa.latLngToContainerPoint(limites.getNorthEast());
        if (ne.x - so.x < ancho * 0.85 || so.y - ne.y < 18) continue;
        const lugar = centroDe(capa);
        const p = mapa.latLngToContainerPoint(lugar);
        const suyo = [p.x - ancho / 2, p.y - 9, p.x + ancho / 2, p.y + 9];
        if (puestos.some((otro) => suyo[0] < otro[2] && otro[0] < suyo[2] && suyo[1] < otro[3] && otro[1] < suyo[3])) continue;
        puestos.push(suyo);
        faltan -= 1;
        L.marker(lugar, { pane: "rotulo", interactive: false, keyboard: false, icon: L.divIcon({ className: "rotulo", html: nodo("span", { "aria-hidden": "true" }, nombre), iconSize: [ancho, 18] }) }).addTo(rotulos);
      }
    }

    // --- located features ---------------------------------------------------------------------------------------------------
    // Those that would touch on the screen are one circle with their number. Where even so they would hide the units, none
    // is drawn until the reader comes nearer; nor where the circles would only say "many, somewhere here".
    const CELDA = 30;
    const LUGAR = 60 * 60; // pixels of territory for each, so that the units are seen between them
    const capaRasgos = L.layerGroup().addTo(mapa);
    const interruptor = pagina.querySelector("[data-rasgos]");
    const estadoRasgos = pagina.querySelector(".rasgos-estado");
    const dibujados = new Map();
    for (const rasgo of datos.rasgos) {
      rasgo.limites = L.geoJSON(rasgo.geom, { pointToLayer: (_rasgo, lugar) => L.circleMarker(lugar) }).getBounds();
      rasgo.lugar = rasgo.limites.getCenter();
    }
    function gruposALaVista() {
      const vista = mapa.getBounds().pad(0.1);
      const zoom = mapa.getZoom();
      const grupos = new Map();
      for (const rasgo of datos.rasgos) {
        if (!vista.intersects(rasgo.limites)) continue;
        const suelto = rasgo.geom.type !== "Point" && largoEnPantalla(rasgo.limites) > CELDA;
        const { x, y } = mapa.project(rasgo.lugar, zoom);
        const clave = suelto ? `${rasgo.tipo}.${rasgo.id}` : `${zoom}/${Math.floor(x / CELDA)}/${Math.floor(y / CELDA)}`;
        if (grupos.has(clave)) grupos.get(clave).push(rasgo);
        else grupos.set(clave, [rasgo]);
      }
      return grupos;
    }
    function territorioALaVista() {
      const { x, y } = mapa.getSize();
      if (!caja) return x * y;
      const so = mapa.latLngToContainerPoint(caja.getSouthWest());
      const ne = mapa.latLngToContainerPoint(caja.getNorthEast());
      return Math.max(Math.min(ne.x, x) - Math.max(so.x, 0), 0) * Math.max(Math.min(so.y, y) - Math.max(ne.y, 0), 0);
    }
    function largoEnPantalla(limites) {
      const so = mapa.latLngToContainerPoint(limites.getSouthWest());
      const ne = mapa.latLngToContainerPoint(limites.getNorthEast());
      return Math.max(ne.x - so.x, so.y - ne.y);
    }
    function dibujarRasgos() {
      if (!datos.rasgos.length) return;
      const grupos = interruptor.checked ? gruposALaVista() : new Map();
      const enGrupos = [...grupos.values()].reduce((suma, grupo) => suma + grupo.length, 0);
      const noCaben = grupos.size > Math.max(12, territorioALaVista() / LUGAR) || enGrupos > grupos.size * 12;
      estadoRasgos.textContent = noCaben ? textos.acerquese : "";
      if (noCaben) grupos.clear();
      for (const [clave, { capa }] of dibujados) if (!grupos.has(clave)) { capa.remove(); capaRasgos.removeLayer(capa); dibujados.delete(clave); }
      for (const [clave, grupo] of grupos) if (!dibujados.has(clave)) dibujarGrupo(clave, grupo);
      const primero = elementosDeRasgos()[0];
      if (primero && !elementosDeRasgos().some((uno) => uno.getAttribute("tabindex") === "0")) primero.setAttribute("tabindex", "0");
      contenedor.dataset.rasgos = dibujados.size;
    }
    const elementosDeRasgos = () => [...dibujados.values()].map(({ elemento }) => elemento);
    function dibujarGrupo(clave, grupo) {
      const varios = grupo.length > 1;
      const capa = varios ? dibujarJuntos(grupo) : dibujarUno(grupo[0]);
      capaRasgos.addLayer(capa);
      const elemento = capa.getElement?.() ?? capa.getLayers()[1].getLayers()[0].getElement();
      const abrir = () => { capa.closeTooltip?.(); abrirGrupo(grupo); };
      capa.on("click", (evento) => { L.DomEvent.stopPropagation(evento); abrir(); });
      elemento.setAttribute("role", "button");
      elemento.setAttribute("aria-label", varios ? poner(textos.juntos, { n: grupo.length }) : `${grupo[0].nombre}, ${grupo[0].estado_texto}`);
      if (!varios) capa.bindTooltip(() => nodo("span", {}, nodo("b", {}, grupo[0].nombre), nodo("br"), grupo[0].estado_texto), { direction: "top", className: "pista-rasgo" });
      recorrido(elemento, elementosDeRasgos, abrir);
      dibujados.set(clave, { capa, elemento });
    }
    function abrirGrupo(grupo) {
      const limites = grupo.reduce((todo, rasgo) => todo.extend(rasgo.limites), L.latLngBounds(grupo[0].limites.getSouthWest(), grupo[0].limites.getNorthEast()));
      if (grupo.length > 12 && !limites.getSouthWest().equals(limites.getNorthEast()) && mapa.getZoom() < 17) {
        mapa.fitBounds(limites, { padding: [60, 60], paddingBottomRight: [60, 60 + Math.min(tapado(), mapa.getSize().y * 0.5)] });
        return;
      }
      L.popup(opcionesDeVentana()).setLatLng(centroDelGrupo(grupo)).setContent(grupo.length > 1 ? ventanaDeVarios(grupo) : ventanaDeRasgo(grupo[0])).openOn(mapa);
    }
    const centroDelGrupo = (grupo) => L.latLng(
      grupo.reduce((suma, rasgo) => suma + rasgo.lugar.lat, 0) / grupo.length,
      grupo.reduce((suma, rasgo) => suma + rasgo.lugar.lng, 0) / grupo.length,
    );
    function dibujarJuntos(grupo) {
      const lado = grupo.length > 99 ? 30 : grupo.length > 9 ? 25 : 21;
      return L.marker(centroDelGrupo(grupo), { pane: "rasgos", keyboard: false, icon: L.divIcon({ className: "junto", html: numero(grupo.length, 0, datos.numeros), iconSize: [lado, lado] }) });
    }
    interruptor?.addEventListener("change", dibujarRasgos);
    mapa.on("moveend", dibujarRasgos);

    function dibujarUno(rasgo) {
      const signo = datos.signos[`${rasgo.tipo}.${rasgo.estado}`] ?? { forma: "circulo", color: BORDE };
      const pintura = rasgo.propia === false
        ? { color: signo.color, weight: 2, fillColor: "#fff", fillOpacity: 1 }
        : { color: "#fff", weight: 1.2, fillColor: signo.color, fillOpacity: 1 };
      if (rasgo.geom.type === "Point") {
        const [lon, lat] = rasgo.geom.coordinates;
        return new Signo([lat, lon], { ...pintura, renderer: dibujoRasgos, pane: "rasgos", radius: 6, forma: signo.forma });
      }
      const esLinea = rasgo.geom.type.includes("Line");
      const trazo = (color, peso, relleno) => L.geoJSON(rasgo.geom, {
        pane: "rasgos",
        style: { renderer: dibujoRasgos, color, weight: peso, fillOpacity: relleno, dashArray: signo.forma === "cruz" && color !== "#fff" ? "2 7" : null },
      });
      // A white edge, so that a line is seen over a unit of its own colour.
      return L.featureGroup([trazo("#fff", esLinea ? 7 : 5, 0), trazo(signo.color, esLinea ? 4 : 2, 0.25)]);
    }

    const opcionesDeVentana = () => ({ maxWidth: 280, minWidth: 180, autoPanPaddingTopLeft: [16, 40], autoPanPaddingBottomRight: [60, 16 + (tapado() < mapa.getSize().y * 0.6 ? tapado() : 0)] });
    function ventanaDeRasgo(rasgo) {
      const hay = (clave) => typeof rasgo[clave] === "number";
      const por_ciento = (clave) => `${numero(rasgo[clave], 0, datos.numeros)} %`;
      const lista = nodo("dl", { class: "ficha-datos" });
      for (const clave of ["programado", "alcanzado", "financiero"]) if (hay(clave)) lista.append(nodo("dt", {}, textos[clave]), nodo("dd", {}, por_ciento(clave)));
      if (hay("vigente")) lista.append(nodo("dt", {}, textos.vigente), nodo("dd", {}, numero(rasgo.vigente, 2, datos.numeros)));
      return nodo("div", {},
        nodo("h2", {}, rasgo.nombre), nodo("p", {}, rasgo.estado_texto),
        rasgo.propia === false ? nodo("p", { class: "codigo-suave" }, textos.de_la_unidad) : null,
        lista.children.length ? lista : null, nodo("p", {}, nodo("a", { href: rasgo.url }, textos.ficha)));
    }
    function ventanaDeVarios(grupo) {
      return nodo("div", {},
        nodo("h2", {}, poner(textos.juntos, { n: grupo.length })),
        nodo("ul", {}, ...grupo.map((rasgo) => nodo("li", {}, nodo("a", { href: rasgo.url }, rasgo.nombre), ` – ${rasgo.estado_texto}`))));
    }

    // --- the chosen unit: panel, pop-up, list, table, address ---------------------------------------------------------------
    const ficha = document.getElementById("ficha");
    function cifrasDe(unidad) {
      const lista = nodo("dl", { class: "ficha-datos" });
      for (const columna of datos.columnas) {
        if (columna.tipo === "paso") continue;
        lista.append(nodo("dt", {}, columna.titulo + (columna.tipo === "bs" ? " (Bs)" : "")), nodo("dd", {}, unidad.textoDe.get(columna.clave)));
      }
      return lista;
    }
    function contenidoDe(unidad, titulo, breve = false) {
      return [
        nodo(titulo, {}, unidad.nombre), nodo("p", { class: "codigo-suave" }, `${textos.codigo} ${unidad.codigo}`),
        nodo("p", { class: "ficha-clase" }, muestra(unidad.clase), etiquetaDe(unidad)),
        breve ? null : cifrasDe(unidad),
        capas.size && !capas.has(unidad.id) ? nodo("p", { class: "codigo-suave" }, textos.sin_lugar) : null,
        nodo("p", {}, nodo("a", { href: unidad.url }, textos.pagina)),
      ];
    }
    function elegir(id, acercar, lugar = null) {
      const unidad = unidades.get(id);
      if (!unidad) return;
      const antes = elegida;
      elegida = unidad;
      ficha.hidden = false;
      ficha.replaceChildren(...contenidoDe(unidad, "h2").filter(Boolean), nodo("button", { type: "button", class: "cerrar", "aria-label": textos.cerrar, onclick: soltar }, "×"));
      marcar(antes);
      escribirDireccion();
      if (movil.matches && pagina.dataset.altura === "baja") hoja.poner("media");
      const capa = capas.get(id);
      if (pagina.dataset.ver === "tabla") unidad.fila.scrollIntoView({ block: "center" });
      if (!capa || pagina.dataset.ver !== "mapa") return;
      capa.closeTooltip();
      capa.bringToFront?.();
      if (acercar) acercarA(capa);
      L.popup(opcionesDeVentana()).setLatLng(lugar ?? centroDe(capa)).setContent(nodo("div", {}, ...contenidoDe(unidad, "h2", movil.matches).filter(Boolean))).openOn(mapa);
      panel.querySelector(".panel-rueda").scrollTop = 0;
    }
    function acercarA(capa) {
      const limites = capa.getBounds ? capa.getBounds() : L.latLngBounds([capa.getLatLng(), capa.getLatLng()]);
      const so = mapa.latLngToContainerPoint(limites.getSouthWest());
      const ne = mapa.latLngToContainerPoint(limites.getNorthEast());
      const chica = capa.getBounds && Math.max(ne.x - so.x, so.y - ne.y) < 40;
      if (chica || !mapa.getBounds().pad(-0.1).contains(limites.getCenter())) {
        mapa.fitBounds(limites, { maxZoom: Math.max(mapa.getZoom(), 14), padding: [60, 60], paddingBottomRight: [60, 60 + Math.min(tapado(), mapa.getSize().y * 0.5)], animate: false });
      }
    }
    function soltar() {
      const antes = elegida;
      elegida = null;
      ficha.hidden = true;
      mapa.closePopup();
      marcar(antes);
      escribirDireccion();
    }
    function marcar(antes) {
      for (const [unidad, si] of [[antes, false], [elegida, true]]) {
        if (!unidad) continue;
        unidad.boton?.setAttribute("aria-current", String(si));
        unidad.fila.classList.toggle("elegida", si);
        const capa = capas.get(unidad.id);
        capa?.setStyle(estiloDe(unidad.id, capa.feature.properties.estado === "en_conflicto"));
      }
    }
    document.addEventListener("keydown", (evento) => { if (evento.key === "Escape" && elegida) soltar(); });

    // --- list, search and legend --------------------------------------------------------------------------------------------
    const lista = panel.querySelector(".lista-unidades");
    const cuantas = panel.querySelector(".unidades-cuantas");
    const buscar = panel.querySelector("[data-buscar]");
    const esPaso = datos.columnas.find((columna) => columna.clave === datos.valor)?.tipo === "paso";
    for (const unidad of unidades.values()) {
      unidad.buscable = sinAcentos(`${unidad.nombre} ${unidad.codigo}`);
      unidad.boton = nodo("button", { type: "button", "data-id": unidad.id, onclick: () => elegir(unidad.id, true) },
        muestra(unidad.clase), nodo("span", {}, unidad.nombre),
        nodo("span", { class: "cifra-valor" }, esPaso ? unidad.textoDe.get("habitantes") ?? "" : valorDe(unidad)));
      unidad.renglon = nodo("li", {}, unidad.boton);
      lista.append(unidad.renglon);
    }
    function filtrarLista() {
      const buscado = sinAcentos(buscar.value.trim());
      let n = 0;
      for (const unidad of unidades.values()) {
        const va = (!buscado || unidad.buscable.includes(buscado)) && (!soloClase || unidad.clase === soloClase);
        unidad.renglon.hidden = !va;
        n += va;
      }
      cuantas.textContent = n === unidades.size ? numero(n, 0, datos.numeros) : poner(textos.de, { n: numero(n, 0, datos.numeros), todas: numero(unidades.size, 0, datos.numeros) });
    }
    buscar.addEventListener("input", filtrarLista);
    filtrarLista();

    const leyenda = panel.querySelector(".leyenda");
    const botones = [...leyenda.querySelectorAll("button[data-clase]")];
    for (const boton of botones) {
      boton.addEventListener("click", () => {
        soloClase = soloClase === boton.dataset.clase ? "" : boton.dataset.clase;
        for (const otro of botones) otro.setAttribute("aria-pressed", String(otro.dataset.clase === soloClase));
        leyenda.classList.toggle("con-una", Boolean(soloClase));
        repintar();
        filtrarLista();
      });
    }

    // --- tabs ---------------------------------------------------------------------------------------------------------------
    const pestanas = [...panel.querySelectorAll(".pestanas a")];
    function ver(cual) {
      if (!pestanas.some((pestana) => pestana.dataset.ver === cual)) cual = "mapa";
      pagina.dataset.ver = cual;
      for (const pestana of pestanas) {
        if (pestana.dataset.ver === cual) pestana.setAttribute("aria-current", "true");
        else pestana.removeAttribute("aria-current");
      }
      for (const formulario of panel.querySelectorAll("form")) formulario.action = `${location.pathname}${cual === "mapa" ? "" : `#ver=${cual}`}`;
      if (cual === "mapa") { mapa.invalidateSize({ animate: false }); hoja.medir(); }
    }
    for (const pestana of pestanas) {
      pestana.addEventListener("click", (evento) => {
        evento.preventDefault();
        ver(pestana.dataset.ver);
        escribirDireccion();
        if (movil.matches && pestana.dataset.ver !== "mapa") pestana.parentElement.scrollIntoView();
      });
    }

    // --- the table sorts by any column; what has no figure stays last -------------------------------------------------------
    const cuerpoTabla = pagina.querySelector(".cifras-tabla tbody");
    const orden = [...clases.keys()];
    function comparable(unidad, clave) {
      if (clave === "nombre") return sinAcentos(unidad.nombre);
      if (clave === "clase" || (esPaso && clave === datos.valor)) return orden.indexOf(unidad.clase);
      const valor = unidad[clave];
      return typeof valor === "string" ? sinAcentos(valor) : valor;
    }
    for (const cabeza of pagina.querySelectorAll(".cifras-tabla th[data-orden]")) {
      const boton = nodo("button", { type: "button" }, cabeza.textContent.trim());
      cabeza.replaceChildren(boton);
      boton.addEventListener("click", () => {
        const sentido = cabeza.getAttribute("aria-sort") === "descending" || (!cabeza.hasAttribute("aria-sort") && !cabeza.classList.contains("numero")) ? "ascending" : "descending";
        pagina.querySelectorAll(".cifras-tabla th[aria-sort]").forEach((otra) => otra.removeAttribute("aria-sort"));
        cabeza.setAttribute("aria-sort", sentido);
        const signo = sentido === "ascending" ? 1 : -1;
        const ordenadas = [...unidades.values()].sort((una, otra) => {
          const a = comparable(una, cabeza.dataset.orden);
          const b = comparable(otra, cabeza.dataset.orden);
          if (a === null || b === null) return (a === null) - (b === null);
          return signo * (typeof a === "string" ? a.localeCompare(b, undefined, { numeric: true }) : a - b);
        });
        cuerpoTabla.append(...ordenadas.map((unidad) => unidad.fila));
      });
    }

    // Empty filters stay out of the address.
    panel.querySelector("[data-filtros]")?.addEventListener("submit", ({ target }) => {
      for (const campo of target.elements) if (campo.name && ["", "0"].includes(campo.value)) campo.disabled = true;
    });
    window.addEventListener("pageshow", () => panel.querySelectorAll("select:disabled").forEach((campo) => { campo.disabled = false; }));

    // On paper the map has its own size, and shows everything.
    window.addEventListener("beforeprint", () => { plano.classList.add("de-papel"); mapa.invalidateSize({ animate: false }); if (!elegida) verTodo(); });
    window.addEventListener("afterprint", () => { plano.classList.remove("de-papel"); mapa.invalidateSize({ animate: false }); });

    // --- the sheet of the phone: three heights ------------------------------------------------------------------------------
    const hoja = Minka.hoja({
      pagina, panel, textos, tapado,
      alCambiar: (cual) => { if (!movido && !elegida && cual !== "alta") verTodo(); },
    });
    if (movil.matches) panel.querySelector(".filtros-caja").open = false;

    // --- start -----------------------------------------------------------------------------------------------------------------
    const direccion = leerDireccion();
    ver(direccion.ver ?? "mapa");
    hoja.medir();
    verTodo();
    if (movil.matches && pagina.dataset.ver !== "mapa") panel.querySelector(".pestanas").scrollIntoView();
    if (unidades.has(Number(direccion.u))) elegir(Number(direccion.u), true);
    dibujarRasgos();
    cargarUnidades();
    new ResizeObserver(() => { mapa.invalidateSize({ animate: false }); hoja.medir(); }).observe(contenedor);
  };
})();
