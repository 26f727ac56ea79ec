"""The studio: where editors write, review and publish. Server-rendered; scripts only help."""
