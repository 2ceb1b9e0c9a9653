// The connections to the broker: at most so many, the latest used first. Lets exchanges through to them one by one, and
// says which bounds each has to pass. Knows no token and no HTTP message of the client's.
import { CoarseClock, STEP_MS } from './clock.ts';
import { type ConnectionOptions, type ConnectionOwner, UpstreamConnection } from './connection.ts';
import { type AnswerHandler, type OutboundRequest, UpstreamExchange } from './exchange.ts';
import { BusyError } from './failures.ts';
import { ReadMemory } from './read-memory.ts';
import { Semaphore } from './semaphore.ts';

export interface PoolOptions extends ConnectionOptions {
  readonly maxConnections: number;
  /** Publishes that the broker may have in hand at a time; undefined where any number is well. */
  readonly maxPublishes: number | undefined;
  /** Calls of one caller under way at a time; undefined where any number is well. */
  readonly maxPerCaller: number | undefined;
}

type Bound = Semaphore<UpstreamExchange>;

export class UpstreamPool implements ConnectionOwner {
  readonly options: PoolOptions;
  readonly clock: CoarseClock;
  private readonly connections = new Set<UpstreamConnection>();
  private readonly idle: UpstreamConnection[] = [];
  /** Memory of connections that have ended. */
  private readonly spare: ReadMemory[] = [];
  private readonly inUse: Bound;
  private readonly publishing: Bound | undefined;
  private readonly uploading: Bound;
  private readonly uploadingBy = new Map<string, Bound>();
  private readonly callingBy = new Map<string, Bound>();
  private readonly plainly: readonly Bound[];
  private probing: UpstreamExchange | undefined;
  /** What the latest exchange has found wrong with the broker. */
  private trouble: Error | undefined;
  private sweeper: NodeJS.Timeout | undefined;
  private isClosed = false;

  /** @param tick monotonic milliseconds */
  constructor(options: PoolOptions, tick: () => number) {
    const { maxConnections, maxPublishes } = options;
    this.options = options;
    this.clock = new CoarseClock(tick);
    this.inUse = new Semaphore(maxConnections, this.onTurn);
    this.plainly = [this.inUse];
    this.publishing = maxPublishes === undefined ? undefined : new Semaphore(maxPublishes, this.onTurn);
    this.uploading = new Semaphore(half(maxConnections), this.onTurn);
  }

  /** Begins an exchange. The handler hears of its answer or failure, a broker without a free connection included. */
  send(request: OutboundRequest, handler: AnswerHandler): UpstreamExchange {
    return this.begin(request, handler, this.listBounds(request));
  }

  /**
   * The same for nobody's sake but the guard's own: at once or not at all, and given up as soon as a caller needs the
   * connection. Where there is none, the handler hears what the latest exchange has found.
   */
  probe(request: OutboundRequest, handler: AnswerHandler): void {
    if (this.inUse.isFull) handler.onFailure(this.trouble ?? new BusyError('every connection is in use'));
    else this.probing = this.begin(request, handler, this.plainly);
  }

  /** Of this moment; whoever waits does so in one line at a time. */
  get load(): { readonly connections: number; readonly waiting: number } {
    const waiting = this.listLines().reduce((sum, line) => sum + line.waiting, 0);
    return { connections: this.connections.size, waiting };
  }

  /** Ends every connection: when its exchange is over, or at once with `force`. */
  close(force: boolean): void {
    this.isClosed = true;
    for (const connection of this.connections) connection.close(force);
  }

  release(connection: UpstreamConnection, exchange: UpstreamExchange): void {
    if (connection.isIdle && this.isClosed) connection.close(true);
    else if (connection.isIdle) this.idle.push(connection);
    this.leave(exchange);
  }

  restart(exchange: UpstreamExchange): void {
    this.open().carry(exchange);
  }

  hear(trouble: Error | undefined): void {
    this.trouble = trouble;
  }

  forget(connection: UpstreamConnection): void {
    this.connections.delete(connection);
    const at = this.idle.indexOf(connection);
    if (at !== -1) this.idle.splice(at, 1);
    this.spare.push(connection.memory);
  }

  mayFinish(exchange: UpstreamExchange): boolean {
    const entry = exchange.ahead?.enter(exchange) ?? 'passed';
    if (entry === 'passed') exchange.passed++;
    else if (entry === 'refused') exchange.carrier?.fail(new BusyError(TOO_MANY));
    return entry === 'passed';
  }

  private begin(request: OutboundRequest, handler: AnswerHandler, bounds: readonly Bound[]) {
    if (this.sweeper === undefined) {
      this.clock.update();
      this.sweeper = setInterval(() => this.sweep(), STEP_MS).unref();
    }
    const deadline = this.clock.after(this.options.headersTimeoutMs);
    const exchange = new UpstreamExchange(request, handler, bounds, deadline, this.onAbort);
    this.admit(exchange);
    return exchange;
  }

  private listBounds(request: OutboundRequest): readonly Bound[] {
    const shared = this.listSharedBounds(request);
    const { maxPerCaller } = this.options;
    // A caller's own line comes first: whoever waits in it takes nothing that others wait for.
    return maxPerCaller === undefined
      ? shared
      : [this.boundOf(this.callingBy, request.caller, maxPerCaller), ...shared];
  }

  /**
   * Large uploads hold half of the connections at most, and those of one issuer a quarter: whoever drips leaves the
   * others to everybody else. A publish counts as one from when the broker has its whole body. Over an only connection it
   * does so from its beginning: it would hold the connection that those before it at the broker wait for.
   */
  private listSharedBounds({ body, isPublish, caller }: OutboundRequest): readonly Bound[] {
    const publishing = isPublish && this.publishing !== undefined ? [this.publishing] : [];
    const plainly = publishing.length === 0 ? this.plainly : [...publishing, this.inUse];
    if (!body?.isStreamed) return plainly;
    const uploadingBy = this.boundOf(this.uploadingBy, caller, half(half(this.options.maxConnections)));
    if (this.options.maxConnections === 1) return [uploadingBy, this.uploading, ...plainly];
    return [uploadingBy, this.uploading, this.inUse, ...publishing];
  }

  private boundOf(bounds: Map<string, Bound>, caller: string, most: number): Bound {
    let bound = bounds.get(caller);
    if (bound === undefined) {
      bound = new Semaphore(most, this.onTurn);
      bounds.set(caller, bound);
    }
    return bound;
  }

  /** Lets an exchange through as far as it gets: to a connection, or into a line. */
  private admit(exchange: UpstreamExchange): void {
    for (let bound = exchange.ahead; bound !== undefined; bound = exchange.ahead) {
      if (bound === this.inUse && bound.isFull) this.giveUpProbe();
      const entry = bound.enter(exchange);
      if (entry === 'refused') this.refuse(exchange, new BusyError(TOO_MANY));
      if (entry !== 'passed') return;
      exchange.passed++;
      if (bound === this.inUse) {
        this.start(exchange);
        return;
      }
    }
  }

  private readonly onTurn = (exchange: UpstreamExchange): void => {
    const isForConnection = exchange.ahead === this.inUse;
    exchange.passed++;
    if (exchange.carrier !== undefined) exchange.carrier.sendLast();
    else if (isForConnection) this.start(exchange);
    else this.admit(exchange);
  };

  private start(exchange: UpstreamExchange): void {
    (this.idle.pop() ?? this.open()).carry(exchange);
  }

  private open(): UpstreamConnection {
    const connection = new UpstreamConnection(this, this.spare.pop() ?? new ReadMemory());
    this.connections.add(connection);
    return connection;
  }

  private readonly onAbort = (exchange: UpstreamExchange): void => {
    exchange.carrier?.drop();
    this.leave(exchange);
  };

  private giveUpProbe(): void {
    const { probing } = this;
    if (probing === undefined) return;
    this.onAbort(probing);
    probing.handler.onFailure(new BusyError('a caller needs the connection'));
  }

  private refuse(exchange: UpstreamExchange, error: Error): void {
    this.leave(exchange);
    exchange.handler.onFailure(error);
  }

  /** Makes room for others at everything that the exchange has passed, and in the line where it waits. */
  private leave(exchange: UpstreamExchange): void {
    if (exchange === this.probing) this.probing = undefined;
    // Its connection may end while its last part waits: in the line still, it would be sent again.
    exchange.ahead?.forget(exchange);
    const { bounds, passed } = exchange;
    exchange.passed = 0;
    for (let at = 0; at < passed; at++) bounds[at]?.leave();
  }

  private sweep(): void {
    const { clock } = this;
    clock.update();
    // The lines first: whoever leaves a connection now would have the next one begin when its time is up.
    for (const line of this.listLines()) {
      for (const exchange of line.expire(clock.now)) this.expire(exchange);
    }
    for (const connection of this.connections) connection.sweep();
    if (this.isClosed && this.connections.size === 0) {
      clearInterval(this.sweeper);
      this.sweeper = undefined;
    }
  }

  private listLines(): Bound[] {
    const ofCallers = [...this.callingBy.values(), ...this.uploadingBy.values()];
    return [this.inUse, this.publishing ?? [], this.uploading, ofCallers].flat();
  }

  private expire(exchange: UpstreamExchange): void {
    const error = new BusyError('its turn did not come in time');
    if (exchange.carrier !== undefined) exchange.carrier.fail(error);
    else this.refuse(exchange, error);
  }
}

const TOO_MANY = 'too many calls wait for the broker';

const half = (count: number): number => Math.max(1, Math.floor(count / 2));
