// The case as a virtual object of Restate: two steps that set its state, the first of them a timer for a day later.
import * as restate from "@restatedev/restate-sdk";

// The SDK asks for what Node 20 has not got.
Promise.withResolvers ??= () => {
  const made = {};
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
};

const kase = restate.object({
  name: "kase",
  handlers: {
    plan: async (ctx, note) => {
      ctx.set("state", { stage: "carrying-out", note });
      ctx.objectSendClient({ name: "kase" }, ctx.key, { delay: 86_400_000 }).due();
      return "planned";
    },
    report: async (ctx, note) => {
      const state = await ctx.get("state");
      ctx.set("state", { ...state, note });
      return "reported";
    },
    due: async (ctx) => {
      const state = await ctx.get("state");
      ctx.set("state", { ...state, breached: true });
    },
  },
});

restate.endpoint().bind(kase).listen(9080);
