// The HTTP API; every failure is an Error whose message can be shown to a person.
import { say } from "./dom.js";

export const state = { namespace: "", role: "viewer" };

export async function call(method, path, given = {}, scoped = true) {
  const query = new URLSearchParams();
  if (scoped) query.set("namespace", state.namespace);
  const options = { method, headers: {} };
  if (method === "GET") {
    for (const [key, value] of Object.entries(given)) query.set(key, value);
  } else {
    options.headers["content-type"] = "application/json";
    options.body = JSON.stringify(given);
  }
  let answer;
  try {
    answer = await fetch(`${path}?${query}`, options);
  } catch {
    throw new Error("The console does not answer: is `resmem serve` still running?");
  }
  if (answer.status === 401) {
    throw new Error("This console was started again: open the address that it printed then.");
  }
  const body = await answer.json().catch(() => ({ message: `The answer was ${answer.status}.` }));
  if (!answer.ok) {
    const error = new Error(body.message);
    error.kind = body.error;
    throw error;
  }
  return body;
}

// Runs what a person asked for, and says what came of it.
export async function doing(work, done = "") {
  try {
    const result = await work();
    if (done) say(done);
    return result;
  } catch (error) {
    say(error.message);
    return null;
  }
}

export const editor = () => state.role === "editor";
export const memoryPath = (id, rest = "") => `/api/memories/${encodeURIComponent(id)}${rest}`;
