import type { HostConfig } from "../config/model.ts";
import { BootwireError } from "../errors.ts";
import type { Mac } from "../net/mac.ts";
import type { CallbackResult, GuardLifted, MachineOutlook, MachineStatus, MachinesParts } from "./api.ts";
import { logWithinLimits, withinLimits } from "./callback-limits.ts";
import { reassignments } from "./identity.ts";
import {
  type AdminEvent,
  type BootOutcome,
  type CallbackEvent,
  type Ids,
  type LifePolicy,
  type NoOutcome,
  newLife,
  policyOf,
  type Step,
  type StepContext,
} from "./life.ts";
import type { Attempt, Basis, Instant, Life, TimelineEvent } from "./model.ts";
import type { EventQuery, LifeChange, MachineStore, StoredEvent } from "./ports.ts";
import { step } from "./step.ts";
import { Timeline } from "./timeline.ts";
import { lineOf } from "./timeline-event.ts";

/** Up to so many machines are looked up one by one. */
const FEW = 4;
const NO_POLICY: LifePolicy = { install: "never", profile: undefined };

/**
 * The machines of the config and their lives: who installs, who boots from disk, which token opens what. Every change is
 * on stable storage when the method that made it returns; a method that cannot store throws, and nothing has changed.
 */
export class Machines {
  readonly #parts: MachinesParts;
  readonly #store: MachineStore;
  readonly #timeline: Timeline;
  #byName: ReadonlyMap<string, HostConfig> = new Map();
  #byMac: ReadonlyMap<Mac, HostConfig> = new Map();
  /** Machines that are known to have a record: they need no look-up for each packet. */
  readonly #recorded = new Set<string>();

  constructor(parts: MachinesParts) {
    this.#parts = parts;
    this.#store = parts.store;
    this.#timeline = new Timeline({
      store: (background) => this.#store.save([], background, { durable: false }),
      now: parts.now,
      schedule: parts.schedule,
      onError: parts.onError,
    });
    this.reconcile(parts.hosts);
    const since = this.guardedSince();
    if (since !== undefined) {
      const text = `the state was found lost at ${new Date(since).toISOString()}: machines boot from their own disks until an admin decides`;
      this.#timeline.record(this.#line("state.guarded", text));
    }
  }

  /** When the state was found lost; `undefined`: it was not, or an admin has decided since. */
  guardedSince(): Instant | undefined {
    return this.#store.guardedSince();
  }

  /**
   * A network boot that is being answered: an attempt begins, goes on or ends here. On stable storage at return. The
   * host is looked up again by its MAC: the configuration may have changed since the caller did. `basis`: what an attempt
   * that begins here is served from, to its end.
   */
  networkBoot(host: HostConfig, firmware: Attempt["firmware"], basis?: Basis): BootOutcome<Attempt> {
    const current = this.#byMac.get(host.mac);
    if (!current) return notInConfig(host);
    const known = this.#store.life(current.name);
    const first = known ? undefined : this.#firstSight(current);
    const life = known ?? first?.life ?? newLife(current);
    const event = { kind: "network-boot", firmware, basis: basis?.ref } as const;
    const next = step(life, event, this.#context(current));
    const isNew = known === undefined;
    const events = [...(first?.events ?? []), ...next.events];
    this.#timeline.seen(current.name, this.#parts.now());
    const { outcome } = next;
    const begins = outcome.kind === "install" && outcome.fresh;
    const durable = isNew || next.life.record !== life.record || next.changed.length > 0;
    this.#save({ ...next, events }, durable, begins ? basis : undefined);
    return outcome;
  }

  /** What a network boot would get now. Changes nothing; a running attempt's token is not in it. */
  preview(host: HostConfig): BootOutcome<undefined> {
    const current = this.#byMac.get(host.mac);
    return current ? previewOf(this.#life(current), this.#context(current)) : notInConfig(host);
  }

  /** The attempt that is installing this machine. */
  running(host: HostConfig): Attempt | undefined {
    const current = this.#byMac.get(host.mac);
    const attempt = current && this.#store.life(current.name)?.attempt;
    return attempt?.phase === "running" ? attempt : undefined;
  }

  /** A text of what a running attempt is served from, by digest. */
  basis(digest: string): string | undefined {
    return this.#store.basis(digest);
  }

  /** A call home on an attempt's token. */
  callback(token: string, event: CallbackEvent): CallbackResult {
    const attempt = this.#store.attemptByToken(token);
    if (!attempt) return { ok: false, code: "BW_ATTEMPT_UNKNOWN", reason: "no attempt has this token" };
    const life = this.#store.life(attempt.machine);
    if (!life || life.attempt?.id !== attempt.id) {
      return {
        ok: false,
        code: "BW_ATTEMPT_OVER",
        reason: `attempt ${attempt.id} is over (${attempt.phase})`,
      };
    }
    const context = this.#context(this.#byName.get(attempt.machine));
    const next = step(life, withinLimits(event), context);
    const { outcome } = next;
    if (outcome.kind === "refused") {
      const text = `"${event.kind}" was refused: ${outcome.reason}`;
      this.#timeline.record(
        lineOf(life.record, context.now, "attempt.refused", text, { attempt: attempt.id }),
      );
      return { ok: false, code: outcome.code, reason: outcome.reason };
    }
    // Progress comes often and is soon outdated: a power cut may take the last of it, and no sync is spent on it.
    this.#timeline.seen(attempt.machine, context.now);
    const isPassing = event.kind === "progress" || event.kind === "log";
    if (!outcome.repeated) this.#save(next, !isPassing);
    return {
      ok: true,
      machine: attempt.machine,
      attempt: next.life.attempt ?? attempt,
      repeated: outcome.repeated,
    };
  }

  /** The attempt whose answers may be read, or which takes callbacks, under this token. */
  attemptByToken(
    token: string,
    purpose: "answers" | "callback",
  ): { readonly machine: string; readonly attempt: Attempt } | undefined {
    const attempt = this.#store.attemptByToken(token);
    if (!attempt) return undefined;
    const open = attempt.phase === "running" || (purpose === "callback" && attempt.phase === "finishing");
    return open ? { machine: attempt.machine, attempt } : undefined;
  }

  /** Arms a machine again; a live attempt is cancelled. Throws a BootwireError when the config says otherwise. */
  reinstall(name: string): MachineStatus {
    return this.#order(name, { kind: "reinstall" });
  }

  /** Its own disk from now on; a running attempt is cancelled. Throws a BootwireError for an unknown machine. */
  local(name: string): MachineStatus {
    return this.#order(name, { kind: "local" });
  }

  /** Ends the install that is under way. Throws a BootwireError when none is, or for an unknown machine. */
  cancel(name: string): MachineStatus {
    return this.#order(name, { kind: "cancel" });
  }

  /** The machines of the config, in its order. */
  list(): readonly MachineStatus[] {
    return this.#livesOf([...this.#byName.values()]).map(({ host, life }) => this.#status(host, life));
  }

  /** A machine of the config, and what its next network boot gets. Changes nothing. */
  outlook(host: HostConfig): MachineOutlook {
    return this.#outlook(host, this.#life(host));
  }

  /** The same of many, with few looks at the store. */
  outlooks(hosts: readonly HostConfig[]): readonly MachineOutlook[] {
    return this.#livesOf(hosts).map(({ host, life }) => this.#outlook(host, life));
  }

  /** A machine of the config, or one that was in it and has a record. */
  get(name: string): MachineStatus | undefined {
    const host = this.#byName.get(name);
    if (host) return this.#status(host, this.#life(host));
    const life = this.#store.life(name);
    return life && { host: undefined, ...life };
  }

  /** The attempts of a machine, the newest first. */
  attempts(name: string, limit: number): readonly Attempt[] {
    return this.#store.attempts(name, limit);
  }

  /** What an installer sent as its log. */
  log(attempt: string): string | undefined {
    return this.#store.log(attempt);
  }

  /** Takes down what happened on the wire; the machine's name is added when its MAC is in the config. */
  record(event: TimelineEvent): void {
    const machine = event.machine ?? (event.mac && this.#byMac.get(event.mac)?.name);
    this.#timeline.record(machine === event.machine ? event : { ...event, machine });
  }

  /** A packet of this machine was seen. Never throws: a full disk must not stop a packet loop. */
  seen(mac: Mac): void {
    const host = this.#byMac.get(mac);
    if (!host) return;
    if (!this.#recorded.has(host.name)) {
      // While the state is lost, a machine that turns up is one that was there before: kept also when the guard falls.
      this.#try(() => {
        if (!this.#store.life(host.name)) this.#save(this.#firstSight(host), true);
        this.#recorded.add(host.name);
      });
    }
    this.#timeline.seen(host.name, this.#parts.now());
  }

  /** What happened, the oldest first: after an id, or the newest `limit`. Everything recorded before is in it. */
  events(query: EventQuery): readonly StoredEvent[] {
    this.#timeline.flush();
    const { machine, mac } = query;
    // A machine's story begins before it was added to the config; and a MAC may be that of a machine.
    const known = machine ?? (mac === undefined ? undefined : this.#nameOf(mac));
    const card = mac ?? (known === undefined ? undefined : this.#macOf(known));
    return this.#store.events({ ...query, machine: known, mac: card });
  }

  /** Calls `listener` for each event once it is stored, until the returned function is called. */
  subscribe(listener: (event: StoredEvent) => void): () => void {
    return this.#timeline.subscribe(listener);
  }

  /** Ends what has been running too long. To be called every few seconds; never throws, but tries again next time. */
  tick(): void {
    this.#try(() => {
      for (const life of this.#store.live()) {
        const next = step(life, { kind: "tick" }, this.#context(this.#byName.get(life.record.name)));
        if (next.changed.length > 0) this.#save(next, true);
      }
    });
  }

  /** The configuration has changed: records follow their machines, and those that nobody claims are kept. */
  reconcile(hosts: readonly HostConfig[]): void {
    const moves = reassignments(
      this.#store.lives().map((life) => life.record),
      hosts,
    );
    if (moves.length > 0) {
      const lines = moves.map((move) => {
        const text = `the record of ${move.from} is now that of ${move.name} (${move.mac})`;
        return { ...this.#line("machine.renamed", text), mac: move.mac, machine: move.name };
      });
      this.#timeline.flush();
      this.#timeline.withBackground(() => this.#store.reassign(moves, lines));
    }
    this.#recorded.clear();
    this.#byName = new Map(hosts.map((host) => [host.name, host]));
    this.#byMac = new Map(hosts.map((host) => [host.mac, host]));
  }

  /**
   * An admin has decided what a lost state means. `arm`: machines that nothing is known of install at their next network
   * boot, as in a new lab. `keep`: they count as installed. Machines that turned up while the guard stood, and were sent
   * to their disks, stay there in both cases.
   */
  liftGuard(unseen: "arm" | "keep"): GuardLifted {
    if (this.guardedSince() === undefined) return { armed: [], kept: [] };
    const unknown = [...this.#byName.values()].filter((host) => !this.#store.life(host.name));
    if (unseen === "keep") for (const host of unknown) this.local(host.name);
    this.#store.liftGuard();
    this.#timeline.record(this.#line("state.accepted", `an admin has accepted the state (${unseen})`));
    const armed = unseen === "arm" ? unknown.filter(isInstallable).map((host) => host.name) : [];
    const kept = this.list().filter((status) => status.record.state.kind === "installed");
    return { armed, kept: kept.map((status) => status.record.name) };
  }

  /** Stores what is still in memory. The store itself belongs to whoever opened it. */
  close(): void {
    this.#timeline.close();
  }

  #order(name: string, event: AdminEvent): MachineStatus {
    const host = this.#byName.get(name);
    if (!host) {
      throw new BootwireError(
        "BW_MACHINE_UNKNOWN",
        `there is no machine called ${name} in the config`,
        "See `bootwire machines` for the names; a new machine is added to the config first.",
      );
    }
    const life = this.#store.life(name) ?? newLife(host);
    const next = step(life, event, this.#context(host));
    if (next.outcome.kind === "refused") {
      throw new BootwireError(next.outcome.code, next.outcome.reason, next.outcome.hint);
    }
    this.#save(next, true);
    return this.#status(host, this.#life(host));
  }

  #outlook(host: HostConfig, life: Life): MachineOutlook {
    return { ...this.#status(host, life), host, next: previewOf(life, this.#context(host)) };
  }

  #status(host: HostConfig, { record, attempt }: Life): MachineStatus {
    const lastSeen = this.#timeline.lastSeen(host.name) ?? record.lastSeen;
    return { host, attempt, record: { ...record, lastSeen } };
  }

  /** The lives of machines of the config; of many with one look at the store. */
  #livesOf(hosts: readonly HostConfig[]): readonly { readonly host: HostConfig; readonly life: Life }[] {
    if (hosts.length <= FEW) return hosts.map((host) => ({ host, life: this.#life(host) }));
    const known = new Map(this.#store.lives().map((life) => [life.record.name, life]));
    return hosts.map((host) => ({ host, life: known.get(host.name) ?? this.#firstSight(host).life }));
  }

  /** The life of a machine of the config; `reconcile` has seen to it that a record has its machine's name. */
  #life(host: HostConfig): Life {
    return this.#store.life(host.name) ?? this.#firstSight(host).life;
  }

  /** What becomes of a machine without a record: under the guard it counts as installed, else it is armed. */
  #firstSight(host: HostConfig): Step<NoOutcome> {
    const life = newLife(host);
    const context = this.#context(host);
    if (context.guarded) return step(life, { kind: "assume-installed" }, context);
    const line = lineOf(life.record, context.now, "machine.first-seen", "seen for the first time");
    return { life, changed: [], events: [line], log: undefined, outcome: { kind: "none" } };
  }

  #macOf(name: string): Mac | undefined {
    return this.#byName.get(name)?.mac ?? this.#store.life(name)?.record.mac;
  }

  #nameOf(mac: Mac): string | undefined {
    const host = this.#byMac.get(mac);
    return host?.name ?? this.#store.lives().find((life) => life.record.mac === mac)?.record.name;
  }

  #context(host: HostConfig | undefined): StepContext {
    return {
      policy: host ? policyOf(host) : NO_POLICY,
      now: this.#parts.now(),
      ids: this.#parts.ids,
      guarded: this.guardedSince() !== undefined,
    };
  }

  /** Stores a step, and with it what has gathered in the background. */
  #save(next: Step<unknown>, durable: boolean, basis?: Basis): void {
    const { life, changed, events, log } = next;
    const logged = log === undefined ? undefined : life.attempt?.id;
    const change: LifeChange = {
      record: life.record,
      attempts: changed,
      log:
        logged === undefined || log === undefined
          ? undefined
          : { attempt: logged, text: logWithinLimits(this.#store.log(logged), log) },
      basis,
    };
    this.#timeline.withBackground((background) =>
      this.#store.save([change], { ...background, events: [...background.events, ...events] }, { durable }),
    );
  }

  #try(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#parts.onError(error);
    }
  }

  #line(kind: string, text: string): TimelineEvent {
    const at = this.#parts.now();
    return { at, mac: undefined, machine: undefined, attempt: undefined, kind, text, data: undefined };
  }
}

/** A preview begins nothing: what it would name opens nothing. */
const NO_IDS: Ids = { attemptId: () => "PREVIEW", token: () => "PREVIEW" };

function previewOf(life: Life, context: StepContext): BootOutcome<undefined> {
  const { outcome } = step(life, { kind: "network-boot", firmware: "bios" }, { ...context, ids: NO_IDS });
  return outcome.kind === "install" ? { ...outcome, attempt: undefined } : outcome;
}

function notInConfig(host: HostConfig): { readonly kind: "local"; readonly reason: string } {
  return { kind: "local", reason: `${host.name} (${host.mac}) is not in the configuration in force` };
}

function isInstallable(host: HostConfig): boolean {
  return host.profile !== undefined && host.install !== "never";
}
