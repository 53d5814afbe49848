<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en_US" sourcelanguage="en">
<context>
    <name>Banner</name>
    <message numerus="yes">
        <source>next try in %n s</source>
        <translation>
            <numerusform>next try in %n s</numerusform>
            <numerusform>next try in %n s</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Composer</name>
    <message numerus="yes">
        <source>%Ln byte(s) left</source>
        <translation>
            <numerusform>%Ln byte left</numerusform>
            <numerusform>%Ln bytes left</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%Ln byte(s) too long: a message holds at most {most}. Send it in {parts} parts.</source>
        <translation>
            <numerusform>%Ln byte too long: a message holds at most {most}. Send it in {parts} parts.</numerusform>
            <numerusform>%Ln bytes too long: a message holds at most {most}. Send it in {parts} parts.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ConversationHeader</name>
    <message numerus="yes">
        <source>%n people are typing…</source>
        <translation>
            <numerusform>%n person is typing…</numerusform>
            <numerusform>%n people are typing…</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ConversationList</name>
    <message numerus="yes">
        <source>%n unread</source>
        <translation>
            <numerusform>%n unread</numerusform>
            <numerusform>%n unread</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n waiting here</source>
        <translation>
            <numerusform>%n waiting here</numerusform>
            <numerusform>%n waiting here</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ConversationPane</name>
    <message numerus="yes">
        <source>%n people</source>
        <translation>
            <numerusform>%n person</numerusform>
            <numerusform>%n people</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Entrance</name>
    <message numerus="yes">
        <source>%n people would be cut off.</source>
        <translation>
            <numerusform>%n person would be cut off.</numerusform>
            <numerusform>%n people would be cut off.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{names} and %n more</source>
        <translation>
            <numerusform>{names} and %n more</numerusform>
            <numerusform>{names} and %n more</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n people would be cut off: {names}.</source>
        <translation>
            <numerusform>%n person would be cut off: {names}.</numerusform>
            <numerusform>%n people would be cut off: {names}.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n people are here</source>
        <translation>
            <numerusform>%n person is here</numerusform>
            <numerusform>%n people are here</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>HereCard</name>
    <message numerus="yes">
        <source>%n and you</source>
        <translation>
            <numerusform>%n and you</numerusform>
            <numerusform>%n and you</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>HostPanel</name>
    <message numerus="yes">
        <source>Live on this computer for %n min</source>
        <translation>
            <numerusform>Live on this computer for %n min</numerusform>
            <numerusform>Live on this computer for %n min</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>InviteCard</name>
    <message numerus="yes">
        <source>%n days left</source>
        <translation>
            <numerusform>%n day left</numerusform>
            <numerusform>%n days left</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n uses left</source>
        <translation>
            <numerusform>%n use left</numerusform>
            <numerusform>%n uses left</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>JumpButton</name>
    <message numerus="yes">
        <source>Jump to the newest message, %n new</source>
        <translation>
            <numerusform>Jump to the newest message, %n new</numerusform>
            <numerusform>Jump to the newest message, %n new</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ListPane</name>
    <message numerus="yes">
        <source>Hosting · %n here</source>
        <translation>
            <numerusform>Hosting · %n here</numerusform>
            <numerusform>Hosting · %n here</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Rail</name>
    <message numerus="yes">
        <source>%n unread messages</source>
        <translation>
            <numerusform>%n unread message</numerusform>
            <numerusform>%n unread messages</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ServerState</name>
    <message numerus="yes">
        <source>Room resting, %n waiting</source>
        <translation>
            <numerusform>Room resting, %n waiting</numerusform>
            <numerusform>Room resting, %n waiting</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n waiting</source>
        <translation>
            <numerusform>%n waiting</numerusform>
            <numerusform>%n waiting</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Timeline</name>
    <message numerus="yes">
        <source>%n new messages</source>
        <translation>
            <numerusform>%n new message</numerusform>
            <numerusform>%n new messages</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Read by %n</source>
        <translation>
            <numerusform>Read by %n</numerusform>
            <numerusform>Read by %n</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>_WhoseRoom</name>
    <message numerus="yes">
        <source>%n people are here now</source>
        <translation>
            <numerusform>%n person is here now</numerusform>
            <numerusform>%n people are here now</numerusform>
        </translation>
    </message>
</context>
</TS>
