// What settings or a sidecar say of one issuer, as plain data that a structured clone can carry. Knows not what the words
// mean.

export interface IssuerRules {
  readonly roles?: readonly string[] | undefined;
  /** Actions, classes, `clients.*`. */
  readonly allow?: readonly string[] | undefined;
  readonly deny?: readonly string[] | undefined;
  readonly audience?: readonly string[] | undefined;
  /** Exact, or a beginning and `*`. */
  readonly subjects?: readonly string[] | undefined;
  readonly maxLifetimeSeconds?: number | undefined;
  /** Addresses and networks in CIDR form. */
  readonly sources?: readonly string[] | undefined;
  /** Subjects of client certificates, exact, or a beginning and `*`. */
  readonly clientCertificates?: readonly string[] | undefined;
  /** Unix seconds. */
  readonly notAfter?: number | undefined;
  /** MQTT filters that it may publish to over HTTP. */
  readonly publish?: readonly string[] | undefined;
  readonly observe?: boolean | undefined;
}
