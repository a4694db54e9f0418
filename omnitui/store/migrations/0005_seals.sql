CREATE TABLE op_seal (
    op_pk INTEGER NOT NULL,
    mac TEXT NOT NULL,
    CONSTRAINT pk_op_seal PRIMARY KEY (op_pk),
    CONSTRAINT fk_op_seal_op_pk FOREIGN KEY(op_pk) REFERENCES op (pk)
);
