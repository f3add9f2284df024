// Calls the handler as Lambda's runtime does: asks for the next event, hands back what came of it.
const api = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation`;
const { handler } = await import("./handler.mjs");

for (;;) {
  const next = await fetch(`${api}/next`);
  const id = next.headers.get("lambda-runtime-aws-request-id");
  const answer = await handler(await next.json());
  await fetch(`${api}/${id}/response`, { method: "POST", body: JSON.stringify(answer) });
}
