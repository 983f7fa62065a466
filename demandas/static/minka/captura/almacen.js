// What this phone keeps: drafts, their photos, catalogues. Used by the page and by the service worker.
const BASE = "minka-captura";
const VERSION = 1;
let abierta = null;

export function abrir() {
  abierta ??= new Promise((listo, falla) => {
    const pedido = indexedDB.open(BASE, VERSION);
    pedido.onupgradeneeded = () => {
      const base = pedido.result;
      base.createObjectStore("borradores", { keyPath: "envio" });
      base.createObjectStore("fotos", { keyPath: "id" }).createIndex("envio", "envio");
      base.createObjectStore("catalogos", { keyPath: "codigo" });
    };
    pedido.onsuccess = () => {
      // A later version of the page may have to change the base while this one is open.
      pedido.result.onversionchange = () => { pedido.result.close(); abierta = null; };
      listo(pedido.result);
    };
    pedido.onerror = () => { abierta = null; falla(pedido.error); };
  });
  return abierta;
}

// One transaction: `hacer(almacenes)` asks, and what it returns is given once all of it is on disk.
async function transaccion(nombres, modo, hacer) {
  const base = await abrir();
  return new Promise((listo, falla) => {
    const una = base.transaction(nombres, modo, { durability: "strict" });
    let dado;
    una.oncomplete = () => listo(dado);
    una.onabort = () => falla(una.error ?? new DOMException("", "AbortError"));
    hacer(Object.fromEntries([nombres].flat().map((n) => [n, una.objectStore(n)])), (valor) => { dado = valor; });
  });
}

const pedir = (nombre, metodo, ...datos) => transaccion(nombre, "readonly", (a, dar) => {
  a[nombre][metodo](...datos).onsuccess = ({ target }) => dar(target.result);
});

export const leer = (nombre, clave) => pedir(nombre, "get", clave);
export const todos = (nombre) => pedir(nombre, "getAll");
export const poner = (nombre, objeto) => transaccion(nombre, "readwrite", (a) => a[nombre].put(objeto));
export const quitar = (nombre, clave) => transaccion(nombre, "readwrite", (a) => a[nombre].delete(clave));

export const fotosDe = (envio) => transaccion("fotos", "readonly", (a, dar) => {
  a.fotos.index("envio").getAll(envio).onsuccess = ({ target }) => dar(target.result);
});

// Read, change and write a draft at once: `cambio(borrador)` gives what becomes of it, or nothing to leave it as it is.
export const cambiar = (envio, cambio) => transaccion("borradores", "readwrite", (a, dar) => {
  a.borradores.get(envio).onsuccess = ({ target }) => {
    const nuevo = target.result && cambio(target.result);
    if (nuevo) a.borradores.put(nuevo);
    dar(nuevo || null);
  };
});

// A draft with its photos: gone together, or taken to another sending together.
export const borrar = (envio) => llevar(envio, null);
export const llevar = (envio, otro) => transaccion(["borradores", "fotos"], "readwrite", (a) => {
  a.borradores.delete(envio);
  if (otro) a.borradores.put(otro);
  a.fotos.index("envio").openCursor(envio).onsuccess = ({ target }) => {
    const cursor = target.result;
    if (!cursor) return;
    if (otro) cursor.update({ ...cursor.value, envio: otro.envio, enviada: false });
    else cursor.delete();
    cursor.continue();
  };
});

// Every tab, and the service worker, hear of what another changed.
const canal = "BroadcastChannel" in self ? new BroadcastChannel(BASE) : null;
export const avisar = () => canal?.postMessage("cambio");
export const alCambiar = (hacer) => canal?.addEventListener("message", hacer);
