"""Matrix, through the client-server API. docs/matrix.md leads from an account to the first message."""

from omnitui_matrix.connector import MatrixConnector

__all__ = ["MatrixConnector"]
