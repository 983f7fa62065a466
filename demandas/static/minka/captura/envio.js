// Sends what waits, each draft once: by one tab at a time, or by the service worker where the browser calls it.
import { avisar, cambiar, fotosDe, leer, poner, todos } from "./almacen.js";
import { cuerpo } from "./borrador.js";

const SESION = "/demandas/nueva/sesion.json";
const DEMANDAS = "/api/v1/demandas/";
const ARCHIVOS = "/api/v1/archivos/";
const PACIENCIA = { demanda: 60_000, foto: 180_000 };
const PRIMERA_ESPERA = 5; // s, doubled at each failure
const ESPERA_MAXIMA = 600;
// What the server says no to by what was sent: sending it again would be told the same.
const NO = [400, 404, 405, 406, 413, 414, 415, 422, 428];

class Espera extends Error {
  constructor(segundos) { super("espera"); this.segundos = segundos; }
}
class SinSesion extends Error {}

// Answers `{sesion: null | {id, cuenta}, enviadas}`; `forzar` does not wait for the time of the next attempt.
export async function enviarPendientes({ forzar = false } = {}) {
  if (!self.navigator.locks) return enviarTodo(forzar);
  return self.navigator.locks.request("minka-captura-envio", { ifAvailable: true }, (llave) => (llave ? enviarTodo(forzar) : { ocupado: true }));
}

async function enviarTodo(forzar) {
  await retomar();
  const ahora = Date.now();
  const listos = (await todos("borradores")).filter((b) => b.estado === "en_espera" && (forzar || (b.proximo ?? 0) <= ahora));
  if (!listos.length) return { enviadas: 0 };
  let sesion;
  try {
    sesion = await quien();
  } catch (falla) {
    for (const b of listos) await aplazar(b.envio, falla.segundos);
    return { enviadas: 0, sinRed: true };
  }
  let enviadas = 0;
  for (const { envio, de } of listos.sort((a, b) => a.creado.localeCompare(b.creado))) {
    if (de !== sesion.id) continue;
    const tomado = await cambiar(envio, (b) => (b.estado === "en_espera" ? { ...b, estado: "enviando" } : null));
    if (!tomado) continue;
    avisar();
    try {
      await enviarUno(await conSuDia(tomado, sesion.hoy), sesion.csrf);
      enviadas += 1;
    } catch (falla) {
      await aplazar(envio, falla.segundos);
      if (falla instanceof SinSesion) return { enviadas, sesion: { id: null } };
    }
    avisar();
  }
  return { enviadas, sesion };
}

// Who holds the lock is alone: what still says that it is being sent was left so by a page that was closed.
async function retomar() {
  for (const { envio, estado } of await todos("borradores")) {
    if (estado === "enviando") await cambiar(envio, (b) => (b.estado === "enviando" ? { ...b, estado: "en_espera" } : null));
  }
}

async function aplazar(envio, segundos) {
  await cambiar(envio, (b) => {
    if (b.estado !== "enviando" && b.estado !== "en_espera") return null;
    const intentos = (b.intentos ?? 0) + 1;
    const azar = 0.75 + Math.random() / 2;
    const espera = segundos ?? Math.min(ESPERA_MAXIMA, PRIMERA_ESPERA * 2 ** (intentos - 1)) * azar;
    return { ...b, estado: "en_espera", intentos, proximo: Date.now() + espera * 1000 };
  });
}

// Network, session or server at fault: an error. Anything else is `{estado, datos}`.
async function pedir(url, opciones, paciencia) {
  let respuesta, datos;
  try {
    respuesta = await fetch(url, { credentials: "same-origin", cache: "no-store", redirect: "error", signal: AbortSignal.timeout(paciencia), ...opciones });
    datos = await respuesta.json(); // a hotspot's own page is no answer of ours
  } catch {
    throw new Espera();
  }
  const { status } = respuesta;
  if (status >= 500 || status === 429 || status === 408) throw new Espera(Number(respuesta.headers.get("Retry-After")) || undefined);
  return { estado: status, datos };
}

export async function quien() {
  const { estado, datos } = await pedir(SESION, {}, 20_000);
  if (estado !== 200 || !("csrf" in datos)) throw new Espera();
  return datos;
}

// A phone whose clock runs ahead may say tomorrow. Kept before it is sent: the next attempt must say the same.
async function conSuDia(borrador, hoy) {
  if (!hoy || borrador.dia <= hoy) return borrador;
  return cambiar(borrador.envio, (b) => ({ ...b, dia: hoy }));
}

async function enviarUno(borrador, csrf) {
  const { envio } = borrador;
  if (!borrador.demanda && !(await enviarDemanda(borrador, csrf))) return;
  const { demanda } = await leer("borradores", envio);
  for (const foto of await fotosDe(envio)) if (!foto.enviada && !foto.motivo) await enviarFoto(foto, demanda, csrf);
  await cambiar(envio, (b) => ({ ...b, estado: "enviada", enviada: new Date().toISOString() }));
}

// Whether it entered; where it did not, the draft says why.
async function enviarDemanda(borrador, csrf) {
  const { envio } = borrador;
  const { estado, datos } = await pedir(DEMANDAS, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": csrf, "Idempotency-Key": envio },
    body: JSON.stringify(cuerpo(borrador)),
  }, PACIENCIA.demanda);
  if ((estado === 200 || estado === 201) && datos.id) {
    const { codigo, titulo, avisos } = datos.properties;
    await cambiar(envio, (b) => ({ ...b, demanda: { id: datos.id, codigo, titulo }, avisos, error: null, detalle: null }));
    return true;
  }
  if (estado === 409 && datos.diferencias) {
    await cambiar(envio, (b) => ({ ...b, estado: "conflicto", conflicto: datos }));
  } else if (estado === 403) {
    const ahora = await quien();
    if (ahora.id !== borrador.de || datos.falta) throw new SinSesion();
    await rechazar(envio, datos);
  } else if (estado === 409 || NO.includes(estado)) await rechazar(envio, datos);
  else throw new Espera();
  return false;
}

const rechazar = (envio, { error, detalle }) => cambiar(envio, (b) => ({ ...b, estado: "rechazada", error, detalle: detalle ?? null }));

async function enviarFoto(foto, demanda, csrf) {
  const formulario = new FormData();
  formulario.append("demanda", demanda.id);
  formulario.append("clase", "foto");
  formulario.append("archivo", foto.blob, foto.nombre);
  const { estado, datos } = await pedir(ARCHIVOS, { method: "POST", headers: { "X-CSRFToken": csrf }, body: formulario }, PACIENCIA.foto);
  if (estado === 200 || estado === 201) await poner("fotos", { ...foto, enviada: true, blob: null });
  else if (estado === 403 && ((await quien()).id === null || datos.falta)) throw new SinSesion();
  else if (estado === 403 || estado === 409 || NO.includes(estado)) await poner("fotos", { ...foto, motivo: datos.error ?? String(estado) });
  else throw new Espera();
}
