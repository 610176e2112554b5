"""ASGI middleware around the page, and Streamlit's storage of sessions.

identity_middleware  give each browser its cookie, and tie sessions to browsers
security_middleware  refuse requests of other sites, and add security headers
session_storage      keep the sessions of visitors whose connection was lost
socket_meter         measure what sockets and addresses send
socket_middleware    limit what comes in over WebSockets
upload_middleware    receive uploads within the limits
websocket_frames     read the sizes of WebSocket frames
"""
