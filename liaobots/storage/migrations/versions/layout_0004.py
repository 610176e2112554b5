"""The fourth layout: the servers' secrets, and the owners known before identities were signed."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

OWNERS = """
    INSERT INTO unsigned_owners (owner)
    SELECT owner FROM conversations UNION SELECT owner FROM prompts
    UNION SELECT owner FROM preferences UNION SELECT owner FROM attempts
"""


def upgrade() -> None:
    """Add the tables, the secret that signs identities, and all owners known so far."""
    made = op.create_table(
        "secrets",
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
    op.bulk_insert(made, [{"name": "identity", "value": secrets.token_urlsafe(32)}])
    op.create_table(
        "unsigned_owners",
        sa.Column("owner", sa.String(64), primary_key=True),
        sa.Column("taken_over", sa.Double),
    )
    op.execute(OWNERS)
