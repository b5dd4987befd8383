package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/chatelaine-go/chatelaine/auth"
)

// login asks for the password and exchanges it for the first token of a session.
func (a *app) login(ctx context.Context, user string) error {
	password, err := readPassword()
	if err != nil {
		return err
	}
	resp, err := a.client.R().SetContext(auth.WithoutAuth(ctx)).SetDoNotParseResponse(true).
		SetBody(map[string]string{"username": user, "password": password}).Post("/auth/login")
	if err != nil {
		return err
	}
	defer resp.RawBody().Close()
	token, err := auth.ParseToken(resp.RawResponse)
	if err != nil {
		return fmt.Errorf("not signed in: %w", err)
	}
	if err := a.session.Login(ctx, token); err != nil {
		return err
	}
	fmt.Println("signed in as", user)
	return nil
}

// list shows the tickets. It never mentions a token: the session signs, refreshes and repeats.
func (a *app) list(ctx context.Context) error {
	var tickets []struct {
		ID    int    `json:"id"`
		Title string `json:"title"`
	}
	resp, err := a.client.R().SetContext(ctx).SetResult(&tickets).Get("/tickets")
	if err != nil {
		return err
	}
	if resp.IsError() {
		return fmt.Errorf("the server responded with %s", resp.Status())
	}
	for _, t := range tickets {
		fmt.Printf("%4d  %s\n", t.ID, t.Title)
	}
	return nil
}

// accounts shows who is signed in.
func (a *app) accounts(ctx context.Context) error {
	for account, err := range auth.Accounts(ctx, a.store) {
		if err != nil {
			return err
		}
		fmt.Println(account.Name)
	}
	return nil
}

// readPassword reads a line from standard input, without an echo on a terminal.
func readPassword() (string, error) {
	fmt.Fprint(os.Stderr, "password: ")
	defer fmt.Fprintln(os.Stderr)
	if fd := int(os.Stdin.Fd()); term.IsTerminal(fd) {
		password, err := term.ReadPassword(fd)
		return string(password), err
	}
	line, err := bufio.NewReader(os.Stdin).ReadString('\n')
	return strings.TrimRight(line, "\r\n"), err
}
