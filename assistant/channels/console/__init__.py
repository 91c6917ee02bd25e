"""The console for staff: pages at /staff and the same for programs at /api/staff."""
