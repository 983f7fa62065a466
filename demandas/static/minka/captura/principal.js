// The capture page: one draft at a time in the form, saved at every change; the list of all; sending when there is network.
import { alCambiar, avisar, cambiar, fotosDe, leer, poner } from "./almacen.js";
import { abierto, dice, nuevo } from "./borrador.js";
import * as catalogo from "./catalogo.js";
import * as conflicto from "./conflicto.js";
import { enviarPendientes, quien } from "./envio.js";
import * as fotos from "./fotos.js";
import * as lista from "./lista.js";
import * as lugar from "./lugar.js";
import { entero, monto } from "./numeros.js";
import * as pasos from "./pasos.js";
import * as repaso from "./repaso.js";
import { boton, cada, datos, hacer, t, uno } from "./textos.js";

const formulario = uno("[data-formulario]");
const PROPIOS = ["csrfmiddlewaretoken", "envio", "fotos", "coordenadas"]; // not of the draft
let borrador = null;
let reloj = null;
let sesion = null;
let seAbreSinRed = false;

// --- the draft in the form --------------------------------------------------------------------------------------------
function delFormulario() {
  const dicho = {};
  for (const [campo, valor] of new FormData(formulario)) if (!PROPIOS.includes(campo) && campo !== "hallazgo" && typeof valor === "string") dicho[campo] = valor;
  delete dicho.proponente;
  // Those that are not offered (another list, or none yet) stay chosen.
  return cada("[name=hallazgo]").length ? { ...dicho, hallazgos: cada("[name=hallazgo]:checked").map((c) => c.value) } : dicho;
}

function alFormulario() {
  formulario.reset();
  for (const campo of formulario.elements) {
    if (!campo.name || PROPIOS.includes(campo.name)) continue;
    const valor = borrador.datos[campo.name];
    if (campo.type === "radio") campo.checked = campo.value === (valor || "comunidad");
    else if (campo.type !== "checkbox") {
      // A meeting that came after the page was kept is none of its options.
      if (valor && campo.options && ![...campo.options].some((o) => o.value === valor)) campo.append(new Option(nombreDe(campo.name, valor), valor));
      campo.value = valor ?? "";
    }
  }
  hallazgos();
  lugar.cerrar();
  lugar.pintar();
  fotos.pintar(borrador.envio).catch(() => {});
}

// One write after the other, so that the last one is what was written last.
let cola = Promise.resolve();
function guardar(cambio, { siempre = false } = {}) {
  borrador = { ...cambio(borrador), cambiado: new Date().toISOString(), estado: "borrador" };
  const este = borrador;
  if (!siempre && !dice(este)) return cola;
  cola = cola.then(async () => {
    const antes = await leer("borradores", este.envio);
    if (!antes) await poner("borradores", este);
    else if (!(await cambiar(este.envio, (b) => (abierto(b) ? este : null)))) return verLista(); // it is on its way
    uno("[data-guardado]").textContent = `· ${t("guardado")}`;
    avisar();
    return pintarLista();
  }).catch(alFallar);
  return cola;
}

function alFallar(falla) {
  uno("[data-guardado]").textContent = "";
  aviso("guardar", falla?.name === "QuotaExceededError" ? t("sin_espacio") : t("no_guarda"));
}

async function abrir(b, { n = b.paso ?? 0 } = {}) {
  borrador = b;
  mostrarSeccion("formulario");
  alFormulario();
  pasos.ir(b.estado === "rechazada" ? pasos.cuantos() - 1 : n, { anotar: false });
  if (b.estado === "rechazada") repaso.rechazo(b);
}

function empezar(queda = {}) {
  return abrir(nuevo({ quien: datos.quien, municipio: datos.municipio, datos: { grupo: "comunidad", ...queda } }));
}

// --- what is shown ----------------------------------------------------------------------------------------------------
function mostrarSeccion(cual) {
  const secciones = { formulario, lista: uno("[data-lista]"), conflicto: uno("[data-conflicto]"), hecho: uno("[data-hecho]") };
  for (const [nombre, seccion] of Object.entries(secciones)) seccion.hidden = nombre !== cual;
  uno("[data-ver-lista]").setAttribute("aria-expanded", String(cual === "lista"));
  if (cual !== "formulario") window.scrollTo({ top: 0 });
}

// One notice of each kind at a time; empty takes it away.
function aviso(clase, texto, ...acciones) {
  uno(`[data-aviso="${clase}"]`)?.remove();
  if (texto) uno("[data-avisos]").append(hacer("div", { className: "tarjeta recado captura-aviso", role: "status", datos: { aviso: clase } }, hacer("p", { textContent: texto }), ...acciones));
}

async function pintarLista() {
  const { pendientes } = await lista.pintar({
    abrir,
    elegir: (b) => { conflicto.mostrar(b, ({ enviar: si }) => { verLista(); if (si) enviar({ forzar: true }); }); mostrarSeccion("conflicto"); uno("#conflicto-titulo").focus(); },
  });
  const proximo = Math.min(...pendientes.filter((b) => b.estado === "en_espera").map((b) => b.proximo ?? 0));
  clearTimeout(reloj);
  if (Number.isFinite(proximo)) reloj = setTimeout(() => enviar(), Math.max(1000, proximo - Date.now()));
}

async function verLista() {
  await pintarLista();
  mostrarSeccion("lista");
}

function red() {
  uno("[data-red]").textContent = t(!navigator.onLine ? "sin_linea" : seAbreSinRed ? "en_linea_lista" : "en_linea");
  document.documentElement.classList.toggle("sin-red", !navigator.onLine);
}

const nombreDe = (campo, valor) => (campo === "evento" ? catalogo.evento(valor)?.[1] : null) ?? valor;

function eventos() {
  const campo = uno("[name=evento]", formulario);
  const dichos = new Set([...campo.options].map((o) => o.value));
  for (const [id, nombre, fecha] of catalogo.catalogo().eventos) {
    if (!dichos.has(String(id))) campo.append(new Option(`${nombre} (${fecha.split("-").reverse().join("/")})`, String(id)));
  }
}

function hallazgos() {
  const filas = catalogo.hallazgosDe(borrador?.datos.proponente);
  uno("[data-hallazgos]").hidden = !filas.length;
  const elegidos = borrador?.datos.hallazgos ?? [];
  uno("[data-hallazgos-filas]").replaceChildren(...filas.slice(0, 60).map(([id, , tipo, texto]) => hacer("label", { className: "captura-opcion" },
    hacer("input", { type: "checkbox", name: "hallazgo", value: String(id), checked: elegidos.includes(String(id)) }), hacer("span", { textContent: `${texto} (${tipo})` }))));
}

// --- the steps --------------------------------------------------------------------------------------------------------
const ENTEROS = { pedida_desde: [1950, new Date().getFullYear()], beneficiarias_mujeres: [0, 999_999_999], beneficiarios_hombres: [0, 999_999_999] };
function motivo(campo, valor) {
  if (!valor) return campo === "titulo" ? t("falta_titulo") : "";
  if (["contraparte", "costo_estimado"].includes(campo)) return monto(valor) === null ? t("monto") : "";
  const limites = ENTEROS[campo] ?? (campo.startsWith("rango_") ? [1, 1000] : campo.startsWith("personas_") ? [0, 999_999_999] : null);
  if (!limites) return "";
  const n = entero(valor);
  const [minimo, maximo] = limites;
  if (n !== null && n >= minimo && n <= maximo) return "";
  return maximo > 1e6 ? t("numero", { minimo }) : t("numero_hasta", { minimo, maximo });
}

// Whether one may go on from a step; what is wrong is told beside its field.
function revisar(nombre) {
  const seccion = uno(`[data-paso="${nombre}"]`);
  let primero = null;
  for (const campo of cada("input[name], textarea[name], select[name]", seccion)) {
    if (["radio", "checkbox", "file", "hidden"].includes(campo.type) || campo.name === "coordenadas") continue;
    const que = motivo(campo.name, campo.value.trim());
    repaso.mostrar(campo.name, que);
    if (que) primero ??= campo;
  }
  if (nombre === "donde") {
    const que = lugar.falta(borrador);
    repaso.mostrar("lugar", que);
    if (que) primero ??= uno("[data-mapa]");
  }
  primero?.focus();
  return !primero;
}

async function siguiente() {
  const n = pasos.paso();
  if (n < pasos.cuantos() - 1) {
    if (!revisar(pasos.nombreDe(n))) return;
    guardar((b) => ({ ...b, paso: n + 1 }));
    pasos.ir(n + 1);
    return;
  }
  const malo = cada("[data-paso]").map((p) => p.dataset.paso).find((nombre) => !revisar(nombre));
  if (malo) { pasos.ir(pasos.numeroDe(malo)); revisar(malo); return; }
  await enviarEste();
}

async function alPaso(nombre) {
  if (nombre === "cuantos") sumar();
  if (nombre === "quien") hallazgos();
  if (nombre !== "revisar") return;
  const cuantas = await fotosDe(borrador.envio).then((f) => f.length, () => 0);
  repaso.pintar(borrador, cuantas, (paso) => pasos.ir(pasos.numeroDe(paso)));
}

const sumar = () => { uno("[data-suma]").textContent = [repaso.suma(borrador), repaso.demasiadas(borrador)].filter(Boolean).join(" "); };

// --- sending ----------------------------------------------------------------------------------------------------------
async function enviarEste() {
  await guardar((b) => ({ ...b, error: null, detalle: null }));
  const { envio, datos: dicho } = borrador;
  const puesto = await cambiar(envio, (b) => (abierto(b) ? { ...b, estado: "en_espera", proximo: 0 } : null)).catch(alFallar);
  if (!puesto) return verLista();
  avisar();
  uno("[data-siguiente]").disabled = true;
  await enviar({ forzar: true });
  uno("[data-siguiente]").disabled = false;
  const b = await leer("borradores", envio);
  if (b?.estado === "rechazada") return abrir(b);
  if (b?.estado === "conflicto") return verLista();
  return hecho(b, dicho);
}

function hecho(b, dicho) {
  const enviada = b?.estado === "enviada";
  uno("[data-hecho-titulo]").textContent = enviada ? t("enviada", { codigo: b.demanda.codigo }) : t("queda_en_espera");
  const queda = { proponente: dicho.proponente, evento: dicho.evento };
  uno("[data-hecho-cuerpo]").replaceChildren(
    ...(b?.avisos ?? []).map((texto) => hacer("p", { className: "estado estado-aviso", textContent: `! ${texto}` })),
    hacer("div", { className: "captura-opciones" },
      ...(enviada ? [hacer("a", { className: "btn btn-primary", href: `/demandas/${b.demanda.id}/`, textContent: t("ver_demanda") })] : []),
      boton(uno("[data-otra-misma]").textContent, () => empezar(queda), enviada ? "btn-outline-secondary" : "btn-primary"),
      boton(uno("[data-nueva]").textContent, () => empezar())),
  );
  mostrarSeccion("hecho");
  uno("#hecho-titulo").focus();
}

async function enviar(opciones = {}) {
  let dicho = {};
  try {
    if (navigator.onLine) dicho = await enviarPendientes(opciones);
  } catch (falla) {
    alFallar(falla);
  }
  if (dicho.sesion) alTenerSesion(dicho.sesion);
  await pintarLista().catch(alFallar);
  const { pendientes } = await lista.pintar({ abrir, elegir: () => verLista() }).catch(() => ({ pendientes: [] }));
  if (pendientes.some((b) => b.estado === "en_espera")) {
    const registro = await navigator.serviceWorker?.getRegistration();
    await registro?.sync?.register("minka-enviar").catch(() => {});
  }
}

function alTenerSesion(nueva) {
  sesion = nueva;
  const enlace = hacer("a", { className: "btn btn-primary", href: `/entrar/?next=${encodeURIComponent(location.pathname + location.search)}`, textContent: t("entrar") });
  if (sesion.id === null) aviso("sesion", t("sesion"), enlace);
  else if (sesion.id !== datos.quien.id) aviso("sesion", t("otra_cuenta", { cuenta: sesion.cuenta, mia: datos.quien.cuenta }));
  else aviso("sesion", "");
}

// --- beginning --------------------------------------------------------------------------------------------------------
function escuchar() {
  formulario.addEventListener("submit", (evento) => { evento.preventDefault(); siguiente(); });
  formulario.addEventListener("input", ({ target }) => {
    if (!target.name || PROPIOS.includes(target.name)) return;
    guardar((b) => ({ ...b, datos: { ...b.datos, ...delFormulario() } }));
    repaso.mostrar(target.name, "");
    if (target.name.startsWith("personas_") || target.name.startsWith("benefici")) sumar();
  });
  uno("#fotos").addEventListener("change", async ({ target }) => {
    const elegidas = [...target.files];
    target.value = "";
    await guardar((b) => b, { siempre: true });
    await fotos.agregar(borrador.envio, elegidas, alFallar).catch(alFallar);
  });
  uno("[data-siguiente]").addEventListener("click", siguiente);
  uno("[data-atras]").addEventListener("click", () => history.back());
  uno("[data-ver-lista]").addEventListener("click", () => (uno("[data-lista]").hidden ? verLista() : mostrarSeccion("formulario")));
  uno("[data-nueva]").addEventListener("click", () => empezar());
  uno("[data-enviar-ya]").addEventListener("click", () => enviar({ forzar: true }));
  window.addEventListener("online", () => { red(); enviar({ forzar: true }); if (!seAbreSinRed) obrero().catch(() => {}); });
  window.addEventListener("offline", red);
  alCambiar(() => pintarLista().catch(() => {}));
}

async function obrero() {
  if (!("serviceWorker" in navigator)) return;
  try {
    await navigator.serviceWorker.register("/sw.js", { type: "module", scope: "/" });
  } catch {
    await navigator.serviceWorker.register("/sw.js?clasico=1", { scope: "/" }).catch(() => {});
  }
  await navigator.serviceWorker.ready;
  // This very page came before the worker was there to keep it.
  if (navigator.onLine && !new URLSearchParams(location.search).has("unidad") && !new URLSearchParams(location.search).has("evento")) {
    const esta = await fetch(location.href, { credentials: "same-origin", redirect: "error" }).catch(() => null);
    if (esta?.ok) await (await caches.open("minka-pagina")).put(location.href, esta);
  }
  seAbreSinRed = (await (await caches.open("minka-pagina")).keys()).length > 0;
  red();
}

async function empezarTodo() {
  escuchar();
  red();
  lugar.preparar({ actual: () => borrador, cambio: (cambio) => { guardar(cambio); if (pasos.nombreDe(pasos.paso()) === "donde") repaso.mostrar("lugar", ""); } });
  pasos.preparar((nombre) => { alPaso(nombre).catch(() => {}); });
  const consulta = new URLSearchParams(location.search);
  const elegidas = Object.fromEntries([["proponente", consulta.get("unidad")], ["evento", consulta.get("evento")]].filter(([, valor]) => valor));
  await empezar(elegidas);
  catalogo.cargar(datos.municipio.codigo, () => {
    lugar.pintar();
    hallazgos();
    eventos();
    uno("[data-catalogo-al]").textContent = t("catalogo_al", { dia: new Date(catalogo.catalogo().hecho).toLocaleString("es-BO", { dateStyle: "short", timeStyle: "short", hour12: false }) });
  });
  try {
    const { pendientes } = await lista.pintar({ abrir, elegir: () => verLista() });
    if (pendientes.length && !Object.keys(elegidas).length) await verLista();
    else await pintarLista();
  } catch (falla) {
    alFallar(falla);
  }
  if (navigator.onLine) {
    await enviar({ forzar: true });
    quien().then(alTenerSesion, () => {});
  }
  const firme = (await navigator.storage?.persisted?.()) || (await navigator.storage?.persist?.());
  if (firme === false) uno("[data-persistencia]").hidden = false;
  await obrero();
}

if (formulario && datos) empezarTodo();
