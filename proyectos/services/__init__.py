"""Writes about plan, programme and works: one service per rule."""
